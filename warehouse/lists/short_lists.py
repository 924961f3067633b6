"""Lists of GitHub's that end before their own total: which to ask for again, and which stay as they are.

A list that is short because a server lagged heals within a night. One that is short for good (GitHub counts what it
does not show) is asked for on MAX_DAYS different days, and then kept as "GitHub says 103, gives 40".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.lists.shortfall import ListName, Shortfall, ShortList
from warehouse.store import Delete, Merge, Write


@dataclass
class ShortLists:
    """The short lists of a team, by name and by the node id of their owner (the team's id for its own)."""

    team_id: str
    known: dict[tuple[str, str], ShortList] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def tolerated(self, name: ListName, owner_id: str) -> int:
        """Return how many items may be missing of a list that stays as it is; 0 of any other."""
        known = self.known.get((name, owner_id))
        return known.shortfall.missing if known is not None and known.is_settled else 0

    def is_due(self, name: ListName, owner_id: str) -> bool:
        """Return whether it was short and is to be asked for again, even if nothing else moved."""
        known = self.known.get((name, owner_id))
        return known is not None and not known.is_settled

    def is_any_due(self, names: Collection[ListName]) -> bool:
        """Return whether any list of these names is to be asked for again."""
        return any(name in names and not found.is_settled for (name, _), found in self.known.items())

    def note(self, name: ListName, owner_id: str, found: Shortfall, now: datetime) -> str | None:
        """Record a reading to the end; return why it is not complete, None if it is or stays as it is."""
        key = (name, owner_id)
        before = self.known.pop(key, None)
        if not found.missing:
            self._seen |= {key} if before else set()
            return None
        self.known[key] = before.see_again(found, now) if before else ShortList(found, 1, now)
        self._seen.add(key)
        return None if self.known[key].is_settled else found.describe(name)

    def writes(self) -> list[Write]:
        """Return the writes that store what was noted since the last call."""
        rows = [self._row(*key, self.known[key]) for key in self._seen if key in self.known]
        gone = [key for key in self._seen if key not in self.known]
        self._seen = set()
        table = schema.short_lists
        writes: list[Write] = [Merge(table, schema.frame(table, rows, rows[0]))] if rows else []
        return writes + [
            Delete(table, {"team_id": self.team_id, "list_name": name, "owner_id": key}) for name, key in gone
        ]

    def _row(self, name: str, owner_id: str, found: ShortList) -> Mapping[str, object]:
        return {
            "team_id": self.team_id,
            "list_name": str(name),
            "owner_id": owner_id,
            "said": found.shortfall.said,
            "given": found.shortfall.given,
            "days": found.days,
            "noted_at": found.noted_at,
        }


def read_short_lists(warehouse: Warehouse, team_id: str) -> ShortLists:
    """Read the lists of a team that were short the last time they were read."""
    rows = warehouse.read(_SHORT, [team_id]).iter_rows(named=True)
    known = {
        (row["list_name"], row["owner_id"]): ShortList(
            Shortfall(row["said"], row["given"]), row["days"], row["noted_at"]
        )
        for row in rows
    }
    return ShortLists(team_id, known)


_SHORT = "SELECT list_name, owner_id, said, given, days, noted_at FROM short_lists WHERE team_id = ?"
