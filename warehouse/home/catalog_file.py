"""The number of the newest snapshot, kept while the files of a SQLite catalog stay as they are.

Asking DuckLake costs milliseconds, which a page would spend at every click and an open tab every other second; looking
at two files costs microseconds. SQLite writes each commit to the database or to its write-ahead log.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# The times of files move in ticks of some milliseconds: two commits within one tick may leave the same time.
SETTLED_SECONDS = 1.0


@dataclass(frozen=True)
class _Seen:
    files: tuple[object, ...]
    since: float
    snapshot: int | None


class CatalogFile:
    """Remembers the snapshot of the catalog in the file `path`; several threads may ask."""

    def __init__(self, path: str) -> None:
        self._paths = (Path(path), Path(f"{path}-wal"))
        self._seen = _Seen((), 0.0, None)

    def snapshot(self, read: Callable[[], int]) -> int:
        """Return what `read` returns, which is called only if the files may have changed since."""
        seen, files = self._seen, tuple(map(_look_at, self._paths))
        if files != seen.files:
            seen = _Seen(files, time.monotonic(), None)
        elif seen.snapshot is not None:
            return seen.snapshot
        has_settled = time.monotonic() - seen.since > SETTLED_SECONDS
        found = read()
        self._seen = _Seen(seen.files, seen.since, found if has_settled else None)
        return found


def _look_at(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
