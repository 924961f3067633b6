"""The context that every page starts from: the team, its reads at one snapshot, the filters, the filtered rows."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import polars as pl
import streamlit as st

from dashboard.reading import clock, data
from dashboard.reading.data import Reader
from dashboard.reading.rows import Team
from dashboard.shell.filters import ALL_FILTERS, Filter, Filters, begin_with_history, select
from warehouse.metrics.weeks import Week, plan_weeks

# A chart of this width can show a year of bars.
MAX_WEEKS = 53
DEFAULT_HISTORY_DAYS = 90
KEY = "page_context"
TEAM = "page_team"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Context:
    """One run of one page.

    `prs` are the rows of `pull_request_metrics` that the filters keep, of all times. `covered_from` is the
    timestamp from which everything was fetched; None if that is not known. `takes` are the filters that the page
    shows; the others are at their default. With a `github_team_id` its numbers are those of that team's people.
    """

    team: Team
    reader: Reader
    filters: Filters
    prs: pl.DataFrame
    covered_from: datetime | None
    takes: frozenset[Filter] = ALL_FILTERS
    github_team_id: str = ""

    @property
    def team_id(self) -> str:
        return self.reader.team_id

    def plan_weeks(self) -> list[Week]:
        """Return the weeks of the team's history up to the current one, oldest first.

        A week that began before the history has no value in any chart, and so no place in one.
        """
        first = self.filters.end - timedelta(days=self.team.history_days or DEFAULT_HISTORY_DAYS)
        weeks = plan_weeks(first, self.filters.end, self.team.timezone or "UTC")
        return ([week for week in weeks if week.starts_at >= first] or weeks)[-MAX_WEEKS:]

    def history_begins(self) -> datetime | None:
        """Return the timestamp before which no repository that the filters keep is complete; None if not known."""
        begins = _starts_of_history(self.reader, self.filters).min()
        return begins if isinstance(begins, datetime) else None

    def week_bounds(self, start: date) -> tuple[datetime, datetime] | None:
        """Return the week that begins on `start`, as `[start, end)` in UTC; None if the plan has no such week."""
        found = [week for week in self.plan_weeks() if week.start == start]
        return (found[0].starts_at.astimezone(UTC), found[0].ends_at.astimezone(UTC)) if found else None

    def remember(self, name: Hashable, compute: Callable[[], Found]) -> Found:
        """Return what `compute` derives for this team and these filters, once a snapshot for all sessions.

        The result must not be changed, and must depend on nothing but `name`, the filters and what the reader reads.
        """
        return data.remember(self.reader.at, (name, self.team_id, self.filters, self.github_team_id), compute)


def put(team: Team, reader: Reader, filters: Filters, takes: frozenset[Filter] = ALL_FILTERS) -> Context:
    """Hand the context of this run to the page that it ends in."""
    made = make(team, reader, filters, takes)
    st.session_state[KEY] = made
    return made


def make(team: Team, reader: Reader, filters: Filters, takes: frozenset[Filter] = ALL_FILTERS) -> Context:
    """Make the context of a team."""
    covered_from = _covered_from(reader, filters)
    key = ("prs", reader.team_id, filters)
    prs = data.remember(reader.at, key, lambda: select(reader.pull_request_metrics(), filters))
    return Context(team, reader, begin_with_history(filters, covered_from), prs, covered_from, takes)


def compute(team: Team, reader: Reader, filters: Filters) -> Context:
    """Make the context of a team without a cache, outside of a session."""
    covered_from = _covered_from(reader, filters)
    prs = select(reader.pull_request_metrics(), filters)
    return Context(team, reader, begin_with_history(filters, covered_from), prs, covered_from)


def get() -> Context:
    """Return the context of this run."""
    context: Context = st.session_state[KEY]
    return context


def put_team(team: Team, reader: Reader) -> None:
    """Hand the team of this run to a page that takes no filters."""
    st.session_state[TEAM] = (team, reader)


def get_team() -> tuple[Team, Reader]:
    """Return the team of this run, and its reads, for a page that takes no filters."""
    found: tuple[Team, Reader] = st.session_state[TEAM]
    return found


def as_of(reader: Reader, team: Team) -> datetime:
    """Return the timestamp as of which the numbers were computed; before that the team's anchor, else now.

    Periods end here and not at the clock's time, so that a page and its numbers mean the same days.
    """
    return _newest(reader.pull_request_metrics()["as_of"]) or team.as_of or clock.now()


def _covered_from(reader: Reader, filters: Filters) -> datetime | None:
    """Return the timestamp from which every selected repository is complete: the newest `history_from`."""
    starts = _starts_of_history(reader, filters)
    return None if starts.null_count() else _newest(starts)


def _starts_of_history(reader: Reader, filters: Filters) -> pl.Series:
    repositories = reader.repositories()
    if filters.repository_ids:
        repositories = repositories.filter(pl.col("id").is_in(list(filters.repository_ids)))
    return repositories["history_from"]


def _newest(timestamps: pl.Series) -> datetime | None:
    newest = timestamps.max()
    return newest if isinstance(newest, datetime) else None
