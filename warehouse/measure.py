"""Compute and store the numbers of one team."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse import schema
from warehouse.accounts import change_proposals
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.history.differences import Numbers, replace_changed
from warehouse.history.keep import keep_numbers, read_first_and_last
from warehouse.metrics.catalogue import compute_catalogue
from warehouse.metrics.measured import measure_all
from warehouse.metrics.weekly import compute_weeks
from warehouse.questions.views import keep_views
from warehouse.read_facts import read_facts
from warehouse.store import Replace, apply

MAX_ATTEMPTS = 3


class Overtaken(PrflowError):
    """Other processes have written numbers of the same team meanwhile, again and again."""

    hint = "Run it again when nothing else computes the numbers of the team."


@dataclass(frozen=True)
class MetricsSummary:
    """How much was computed: pull requests, and weeks from the oldest history to now."""

    pull_requests: int
    weeks: int


def measure_team(warehouse: Warehouse, team_id: str, as_of: datetime, now: datetime | None = None) -> MetricsSummary:
    """Write those of the team's metrics that changed, in one commit, and keep what is not said any more.

    `now` is the time of the computation, until which that was said, `as_of` that of the numbers, which may be fixed;
    the same if omitted. Raises UnknownTeam, and Overtaken if others always come first.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            return _measure(warehouse, team_id, as_of, now or as_of)
        except Overtaken:
            continue  # of other data perhaps, or with other settings
    return _measure(warehouse, team_id, as_of, now or as_of)


def _measure(warehouse: Warehouse, team_id: str, as_of: datetime, now: datetime) -> MetricsSummary:
    told = read_first_and_last(warehouse, team_id)
    facts = read_facts(warehouse, team_id)
    measured = measure_all(facts, as_of)
    weekly = compute_weeks(facts, measured.samples, as_of)
    computed = Numbers(team_id, measured.pull_requests, measured.turns, weekly.values, weekly.calendar)
    stored = Numbers.stored(warehouse, team_id)
    writes = [
        *keep_numbers(warehouse, stored, computed, (now, as_of)),
        *replace_changed(stored, computed),
        Replace(schema.metric_catalogue, compute_catalogue(has_issues=facts.has_issues)),
        change_proposals(warehouse, facts),
    ]

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        last = cursor.execute("SELECT max(said_at) FROM computations WHERE team_id = ?", [team_id]).fetchone()
        if last is None or last[0] != (told[1] if told else None):
            raise Overtaken(f"Another process has computed the numbers of {team_id} meanwhile.")
        for write in writes:
            apply(cursor, write)

    warehouse.transact(work)
    keep_views(warehouse)
    return MetricsSummary(pull_requests=computed.pull_requests.height, weeks=weekly.calendar["week_start"].n_unique())


def measure_again(warehouse: Warehouse, team_id: str, now: datetime | None = None) -> bool:
    """Compute a team's metrics again, as of the time of those that are stored; return False if there are none yet.

    For a setting or a decision that changes what counts: the data are the same, so the time is, too. What was said
    before was said until `now`.
    """
    stored = warehouse.read_one("SELECT max(as_of) AS as_of FROM weekly_calendar WHERE team_id = ?", [team_id])
    if stored is None or stored["as_of"] is None:
        return False
    measure_team(warehouse, team_id, stored["as_of"], now)
    return True
