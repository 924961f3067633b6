"""Insights that a person puts aside until a day, and takes back.

A dismissal outlives the weeks and the computations of its insight, and a new name of its team: its key is what the
insight is about, not its id.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, PrflowError
from warehouse.reads.insights import METRIC, REPOSITORY
from warehouse.store import Delete, Merge, commit

MAX_DAYS = 365
"""What is put aside for longer is forgotten, not dismissed."""


class UnknownInsight(PrflowError, LookupError):
    """The team has no insight of that id."""


@dataclass(frozen=True)
class Subject:
    """What an insight is about, as in the key of `insight_dismissals`."""

    team_id: str
    detector: str
    metric: str
    repository_id: str


def dismiss_insight(
    warehouse: Warehouse, team_id: str, insight_id: str, until: date, now: datetime, by: str | None
) -> None:
    """Put an insight aside until the day `until`, from which it is shown again; a second time changes the day.

    `by` is the e-mail of a login, None without one. UnknownInsight if there is no such insight, BadArgument unless the
    day is after today (UTC) and within a year.
    """
    if not now.date() < until <= now.date() + timedelta(days=MAX_DAYS):
        raise BadArgument("An insight is dismissed until a day after today and within a year.", "Choose another day.")
    subject = find_subject(warehouse, team_id, insight_id)
    row = {**vars(subject), "dismissed_until": until, "dismissed_at": now, "dismissed_by": by}
    commit(warehouse, Merge(schema.insight_dismissals, schema.frame(schema.insight_dismissals, [row])))


def take_back_dismissal(warehouse: Warehouse, team_id: str, insight_id: str) -> None:
    """Show an insight again; nothing happens if it was not dismissed. UnknownInsight if there is no such insight."""
    subject = find_subject(warehouse, team_id, insight_id)
    commit(warehouse, Delete(schema.insight_dismissals, vars(subject)))


def find_subject(warehouse: Warehouse, team_id: str, insight_id: str) -> Subject:
    """Return what the insight is about."""
    row = warehouse.read_one(_SUBJECT, [team_id, insight_id])
    if row is None:
        raise UnknownInsight("There is no such insight any more.", "Reload the page.")
    return Subject(**row)


_SUBJECT = f"""
SELECT i.team_id, i.detector, {METRIC} AS metric, {REPOSITORY} AS repository_id
FROM insights i WHERE i.team_id = ? AND i.id = ?
"""  # noqa: S608
