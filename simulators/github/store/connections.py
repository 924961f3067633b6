"""Pages of connections, as Relay defines them: `first`/`after` from the front, `last`/`before` from the back.

Within a pull request a cursor holds the position and the id of a record, so that paging continues correctly after
records before it were added or deleted. Over a repository's pull requests a cursor holds the sort key (see
`pull_requests`): as at GitHub, paging in the order of UPDATED_AT loses pull requests that are updated meanwhile.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.github.store.records import Arguments, Record


class BadCursor(ValueError):
    """A cursor that this server did not issue."""


def encode_cursor(text: str) -> str:
    return base64.b64encode(f"cursor:v2:{text}".encode()).decode()


def decode_cursor(cursor: str) -> str:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except ValueError:
        text = ""
    if not text.startswith("cursor:v2:"):
        raise BadCursor(f"`{cursor}` does not appear to be a valid cursor.")
    return text.removeprefix("cursor:v2:")


@dataclass(slots=True)
class Page:
    """One page. `cursor_of` returns the cursor of the node at a position of it; `more` are fields of the edges."""

    nodes: Sequence[Any]
    total: int
    cursor_of: Callable[[int], str]
    has_next: bool = False
    has_previous: bool = False
    more: Sequence[Arguments] = field(default=())

    def page_info(self) -> Record:
        return {
            "__typename": "PageInfo",
            "hasNextPage": self.has_next,
            "hasPreviousPage": self.has_previous,
            "startCursor": self.cursor_of(0) if self.nodes else None,
            "endCursor": self.cursor_of(len(self.nodes) - 1) if self.nodes else None,
        }

    def edges(self) -> list[Record]:
        more = self.more or [{}] * len(self.nodes)
        return [{"cursor": self.cursor_of(place), "node": node, **more[place]} for place, node in enumerate(self.nodes)]


def page_of(records: Sequence[Any], arguments: Arguments) -> Page:
    """Return the page of a list for the arguments first, after, last and before."""
    start = _place(records, arguments["after"]) + 1 if arguments.get("after") else 0
    end = _place(records, arguments["before"]) if arguments.get("before") else len(records)
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None:
        end = min(end, start + first)
    elif last is not None:
        start = max(start, end - last)
    return Page(
        nodes=records[start:end],
        total=len(records),
        cursor_of=lambda place: encode_cursor(f"{start + place}:{_identity(records[start + place])}"),
        has_next=end < len(records),
        has_previous=start > 0,
    )


def _identity(record: Record) -> str:
    return str(record.get("id") or record.get("path") or record.get("login"))


def _place(records: Sequence[Any], cursor: str) -> int:
    """Return the current position of a cursor's record; the one before its old position if it was deleted."""
    place_text, _, identity = decode_cursor(cursor).partition(":")
    place = int(place_text)
    if place < len(records) and _identity(records[place]) == identity:
        return place
    for now, record in enumerate(records):
        if _identity(record) == identity:
            return now
    return place - 1
