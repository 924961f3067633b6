"""The logs of what prflow starts: the one of before is kept at each start, and none grows without end."""

import shutil
from contextlib import suppress
from pathlib import Path

KEPT = 7
"""Number of earlier logs of a process that are kept: `worker.log.1` is the newest of them."""
MAX_BYTES = 20_000_000


def keep_earlier(log: Path) -> None:
    """Move the log of before out of the way, so that what happened last night can be read after a restart."""
    if log.exists() and log.stat().st_size:
        _make_room(log)
        log.rename(_numbered(log, 1))


def cut_if_large(log: Path, max_bytes: int = MAX_BYTES) -> bool:
    """Copy a log that has become too large and empty it; return whether it was.

    The process goes on writing: it has opened the file to append, so its next line is the first of the emptied one.
    """
    try:
        if log.stat().st_size <= max_bytes:
            return False
        _make_room(log)
        shutil.copy2(log, _numbered(log, 1))
        with log.open("r+b") as file:
            file.truncate(0)
    except OSError:  # a log is no reason to end anything: the disk is full perhaps
        return False
    return True


def _make_room(log: Path) -> None:
    """Give each earlier log the next number, and forget the oldest."""
    for number in range(KEPT, 0, -1):
        with suppress(FileNotFoundError):
            _numbered(log, number).replace(_numbered(log, number + 1))
    _numbered(log, KEPT + 1).unlink(missing_ok=True)


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
