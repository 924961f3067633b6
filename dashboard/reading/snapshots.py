"""What was read of the warehouse, by snapshot: shared by all sessions, and dropped with its snapshot."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar, cast

Found = TypeVar("Found")

# A run of a page takes less time than the commits of two batches: older snapshots are used by nobody.
MAX_SNAPSHOTS = 3
# Searches differ with every letter that is typed; the results of a page are fewer.
MAX_VALUES = 400


@dataclass(frozen=True)
class Snapshot:
    """One state of one warehouse: the key of every cached read."""

    catalog: str = field(repr=False)  # it may hold a password
    identity: int
    id: int


class SnapshotCache:
    """Values by snapshot and key, the newest snapshots only. They are not copied: nobody may change one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: OrderedDict[Snapshot, OrderedDict[Hashable, object]] = OrderedDict()

    def get(self, at: Snapshot, key: Hashable, read: Callable[[], tuple[Found, bool]]) -> tuple[Found, bool]:
        """Return the value of `key` at the snapshot, and True if it is of that snapshot; `read` it if it is not there.

        Only what is of the snapshot is kept. Two sessions may read the same value at the same time; they are equal.
        """
        with self._lock:
            values = self._values.get(at)
            if values is not None and key in values:
                values.move_to_end(key)
                return cast(Found, values[key]), True
        value, is_of_snapshot = read()
        if is_of_snapshot:
            self._keep(at, key, value)
        return value, is_of_snapshot

    def _keep(self, at: Snapshot, key: Hashable, value: object) -> None:
        with self._lock:
            values = self._values.setdefault(at, OrderedDict())
            values[key] = value
            while len(values) > MAX_VALUES:
                values.popitem(last=False)
            while len(self._values) > MAX_SNAPSHOTS:
                self._values.popitem(last=False)

    @property
    def size(self) -> tuple[int, int]:
        """Return the numbers of snapshots and of values."""
        with self._lock:
            return len(self._values), sum(len(values) for values in self._values.values())
