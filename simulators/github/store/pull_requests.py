"""The pull requests of one repository: ordered, paged, built only when they are read.

id, number, state, createdAt and updatedAt are always in memory, because a scan reads them; the other fields are built
when one is first read and, beyond `MAX_BUILT` pull requests, dropped again. So 100,000 of them fit in little memory.
"""

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulators.github.store.connections import BadCursor, Page, decode_cursor, encode_cursor
from simulators.github.store.records import Arguments, Record

MAX_BUILT = 5_000

Build = Callable[[], Record]
Key = tuple[str, int]


class PullRequest(dict[str, Any]):
    """A pull request whose other fields are built when `record[name]` first reads one of them."""

    __slots__ = ("_build", "_builds")

    def __init__(self, fields: Record, build: Build | None, builds: "BuildCache") -> None:
        super().__init__(fields)
        self._build, self._builds = build, builds

    def __missing__(self, name: str) -> Any:
        self.build()
        if name not in self:
            raise KeyError(name)
        return self[name]

    def build(self) -> "PullRequest":
        """Build all fields and return itself; values that are already set, by an edit for instance, stay."""
        if self._build is not None and "title" not in self:
            for name, value in self._build().items():
                self.setdefault(name, value)
            self._builds.keep(self)
        return self

    def edit(self, **fields: object) -> None:
        """Change fields permanently: from now on they are never dropped."""
        self.build()
        self._build = None
        self._builds.release(self)
        self.update(fields)

    def drop(self) -> None:
        for name in [name for name in self if name not in LIGHT]:
            del self[name]


LIGHT = frozenset({"__typename", "id", "databaseId", "number", "state", "createdAt", "updatedAt", "repository"})


class BuildCache:
    """The built pull requests of all repositories; the oldest build is dropped first."""

    def __init__(self, max_built: int = MAX_BUILT) -> None:
        self._max_built = max_built
        self._built: OrderedDict[str, PullRequest] = OrderedDict()

    def keep(self, record: PullRequest) -> None:
        self._built[record["id"]] = record
        if len(self._built) > self._max_built:
            self._built.popitem(last=False)[1].drop()

    def release(self, record: PullRequest) -> None:
        self._built.pop(record["id"], None)


class PullRequests:
    """All pull requests of a repository, ordered by number, creation and update."""

    def __init__(self) -> None:
        self.by_number: dict[int, PullRequest] = {}
        self._orders: dict[str, list[Key]] = {"CREATED_AT": [], "UPDATED_AT": []}
        self._counts: dict[tuple[str, ...], int] = {}

    def __len__(self) -> int:
        return len(self.by_number)

    def __iter__(self) -> Iterator[PullRequest]:
        return iter(self.by_number.values())

    def fill(self, records: list[PullRequest]) -> None:
        """Add many pull requests at once."""
        self.by_number.update((record["number"], record) for record in records)
        for name, field in _FIELDS.items():
            self._orders[name] = sorted((record[field], record["number"]) for record in self)
        self._counts.clear()

    def add(self, record: PullRequest) -> None:
        self.by_number[record["number"]] = record
        for name, field in _FIELDS.items():
            insort(self._orders[name], (record[field], record["number"]))
        self._counts.clear()

    def remove(self, record: PullRequest) -> None:
        del self.by_number[record["number"]]
        for name, field in _FIELDS.items():
            order = self._orders[name]
            del order[bisect_left(order, (record[field], record["number"]))]
        self._counts.clear()

    def edit(self, record: PullRequest, **fields: object) -> None:
        self.remove(record)
        record.edit(**fields)
        self.add(record)

    def between(self, start: str, end: str) -> list[PullRequest]:
        """Return those updated in [start, end), ISO timestamps, oldest update first."""
        order = self._orders["UPDATED_AT"]
        keys = order[bisect_left(order, (start, 0)) : bisect_left(order, (end, 0))]
        return [self.by_number[number] for _, number in keys]

    def page(self, arguments: Arguments) -> Page:
        """Return a page in the requested order; by creation if there is none."""
        by = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
        field = by["field"] if by["field"] in _FIELDS else "CREATED_AT"
        walk = _Walk(self._orders[field], by["direction"] == "DESC", self._wanted(arguments))
        return walk.page(arguments, self.by_number, self._total(arguments))

    def _wanted(self, arguments: Arguments) -> Callable[[int], bool] | None:
        states = frozenset(arguments.get("states") or ())
        names = [(field, arguments.get(field)) for field in ("baseRefName", "headRefName") if arguments.get(field)]
        labels = frozenset(arguments.get("labels") or ())
        if not (states or names or labels):
            return None

        def is_wanted(number: int) -> bool:
            record = self.by_number[number]
            return (
                (not states or record["state"] in states)
                and all(record[field] == name for field, name in names)
                and (not labels or any(label["name"] in labels for label in record["labels"]))
            )

        return is_wanted

    def _total(self, arguments: Arguments) -> int:
        wanted = self._wanted(arguments)
        if wanted is None:
            return len(self)
        key = tuple(str(arguments.get(name)) for name in ("states", "baseRefName", "headRefName", "labels"))
        if key not in self._counts:
            self._counts[key] = sum(map(wanted, self.by_number))
        return self._counts[key]


_FIELDS = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}


class _Walk:
    """Walks an order forwards or backwards and skips what is not wanted."""

    def __init__(self, order: list[Key], is_descending: bool, wanted: Callable[[int], bool] | None) -> None:
        self._order, self._is_descending, self._wanted = order, is_descending, wanted

    def page(self, arguments: Arguments, records: Mapping[int, PullRequest], total: int) -> Page:
        is_forward = arguments.get("first") is not None or arguments.get("last") is None
        size = arguments.get("first") if is_forward else arguments.get("last")
        cursor = arguments.get("after") if is_forward else arguments.get("before")
        keys = self._take(cursor, (size or 0) + 1, self._is_descending != is_forward)
        has_more = size is not None and len(keys) > size
        keys = keys[: size or 0]
        if not is_forward:
            keys.reverse()
        return Page(
            nodes=[records[number] for _, number in keys],
            total=total,
            cursor_of=lambda place: encode_cursor(f"{keys[place][0]}:{keys[place][1]}"),
            has_next=has_more if is_forward else cursor is not None,
            has_previous=cursor is not None if is_forward else has_more,
        )

    def _take(self, cursor: str | None, count: int, is_upwards: bool) -> list[Key]:
        taken: list[Key] = []
        for key in self._from(cursor, is_upwards):
            if self._wanted is None or self._wanted(key[1]):
                taken.append(key)
                if len(taken) == count:
                    break
        return taken

    def _from(self, cursor: str | None, is_upwards: bool) -> Iterator[Key]:
        key = _key(cursor) if cursor else None
        if is_upwards:
            start = bisect_right(self._order, key) if key else 0
            return iter(self._order[place] for place in range(start, len(self._order)))
        end = bisect_left(self._order, key) if key else len(self._order)
        return iter(self._order[place] for place in range(end - 1, -1, -1))


def _key(cursor: str) -> Key:
    at, _, number = decode_cursor(cursor).rpartition(":")
    if not number.isdigit():
        raise BadCursor(f"`{cursor}` does not appear to be a valid cursor.")
    return at, int(number)
