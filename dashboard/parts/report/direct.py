"""What a report is made of, read outside of a page: by the command line, or when somebody downloads it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar, TypeVarTuple

from dashboard.reading.data import Reader
from dashboard.reading.rows import Team, make_rows
from dashboard.reading.snapshots import Snapshot
from dashboard.shell import context
from dashboard.shell.context import Context
from dashboard.shell.filters import Filters
from warehouse.connection import Warehouse
from warehouse.reads.teams import read_teams

Arguments = TypeVarTuple("Arguments")
Found = TypeVar("Found")
NO_SNAPSHOT = Snapshot("", 0, 0)


@dataclass(frozen=True)
class DirectReader(Reader):
    """The same reads without session and cache, for who was let in before, or sits at the machine."""

    warehouse: Warehouse

    def __post_init__(self) -> None:
        """Ask no session who it is: there is none."""

    def require(self) -> None:
        """Ask nobody: `read_directly` has asked, and the command line is of who sits at the machine."""

    def read(self, read: Callable[[Warehouse, str, *Arguments], Found], *arguments: *Arguments) -> Found:
        return read(self.warehouse, self.team_id, *arguments)

    def read_uncached(self, read: Callable[[Warehouse, str, *Arguments], Found], *arguments: *Arguments) -> Found:
        return self.read(read, *arguments)


def open_team(warehouse: Warehouse, team_id: str, weeks: int) -> Context:
    """Return what the Overview of the team's last weeks shows, as the page does without other filters."""
    team = next(one for one in make_rows(Team, read_teams(warehouse)) if one.team_id == team_id)
    reader = DirectReader(team_id, NO_SNAPSHOT, warehouse)
    end = context.as_of(reader, team)
    return context.compute(team, reader, Filters(f"{weeks}w", end - timedelta(weeks=weeks), end))


def read_directly(page: Context, warehouse: Warehouse) -> Context:
    """Return the page with reads that need no session: a download is made outside of it.

    Raises Refused if whoever drew the page may not see the team any more.
    """
    page.reader.require()
    return replace(page, reader=DirectReader(page.team_id, page.reader.at, warehouse))
