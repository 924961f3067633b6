"""Compute and store the numbers of one team."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from warehouse import schema
from warehouse.accounts import change_proposals
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.history.basis import has_basis
from warehouse.history.differences import ChangedRows, Rows, Weeks, replace_weeks
from warehouse.history.keep import NOTHING_SAID, find_said, keep_numbers, read_first_and_last
from warehouse.metrics.accounts.people import suspect_bots
from warehouse.metrics.catalogue import compute_catalogue
from warehouse.metrics.measured import measure_shares
from warehouse.metrics.samples import concat_samples
from warehouse.metrics.weekly import compute_weeks
from warehouse.questions.views import keep_views
from warehouse.read_shares import read_in_shares
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
    is_known = has_basis(warehouse, team_id)  # of rows of an earlier version nobody knows what their columns meant
    samples, responses, said = [], [], [NOTHING_SAID]
    with read_in_shares(warehouse, team_id) as facts:
        rows = ChangedRows(warehouse, team_id)
        for part in measure_shares(facts, as_of):
            replaced = rows.compare(part.repositories.to_list(), Rows(part.pull_requests, part.turns))
            said += [find_said(warehouse, replaced)] if is_known else []
            samples.append(part.samples)
            responses.append(part.first_responses)
    replaced = rows.compare_rest()
    said += [find_said(warehouse, replaced)] if is_known else []
    weekly = compute_weeks(facts.team, concat_samples(samples), as_of)
    computed = Weeks(team_id, weekly.values, weekly.calendar)
    stored = Weeks.stored(warehouse, team_id)
    writes = [
        *keep_numbers(warehouse, stored, computed, pl.concat(said), (now, as_of)),
        *rows.writes(),
        *replace_weeks(stored, computed),
        *_replace_catalogue(warehouse, has_issues=facts.team.has_issues),
        change_proposals(warehouse, team_id, suspect_bots(facts.accounts, pl.concat(responses))),
    ]

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        last = cursor.execute("SELECT max(said_at) FROM computations WHERE team_id = ?", [team_id]).fetchone()
        if last is None or last[0] != (told[1] if told else None):
            raise Overtaken(f"Another process has computed the numbers of {team_id} meanwhile.")
        for write in writes:
            apply(cursor, write)

    warehouse.transact(work)
    keep_views(warehouse)
    return MetricsSummary(pull_requests=rows.count, weeks=weekly.calendar["week_start"].n_unique())


def _replace_catalogue(warehouse: Warehouse, *, has_issues: bool) -> list[Replace]:
    """Plan to replace the catalogue of metrics, if it is not as stored: a new prflow, or Jira switched on or off."""
    wanted = compute_catalogue(has_issues=has_issues)
    stored = warehouse.read("SELECT * FROM metric_catalogue").select(wanted.columns)
    is_same = stored.cast(wanted.schema).sort("metric").equals(wanted.sort("metric"))
    return [] if is_same else [Replace(schema.metric_catalogue, wanted)]


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
