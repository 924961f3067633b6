"""Compute and store the numbers of one team."""

from dataclasses import dataclass
from datetime import datetime

from warehouse import schema
from warehouse.accounts import change_proposals
from warehouse.connection import Warehouse
from warehouse.history.keep import keep_numbers
from warehouse.metrics.anchors import measure_pull_requests
from warehouse.metrics.catalogue import compute_catalogue
from warehouse.metrics.weekly import compute_weekly_metrics
from warehouse.questions.views import keep_views
from warehouse.read_facts import read_facts
from warehouse.store import Replace, commit


@dataclass(frozen=True)
class MetricsSummary:
    """How much was computed: pull requests, and weeks from the oldest history to now."""

    pull_requests: int
    weeks: int


def measure_team(warehouse: Warehouse, team_id: str, as_of: datetime, now: datetime | None = None) -> MetricsSummary:
    """Replace the team's metrics in one commit, and keep what is not said any more as said until `now`.

    `now` is the time of the computation, `as_of` that of the numbers, which may be fixed; the same if omitted.
    """
    facts = read_facts(warehouse, team_id)
    pull_requests, turns = measure_pull_requests(facts, as_of)
    weekly = compute_weekly_metrics(facts, pull_requests, as_of)
    team = {"team_id": team_id}
    commit(
        warehouse,
        *keep_numbers(warehouse, pull_requests, weekly, team_id, (now or as_of, as_of)),
        Replace(schema.pull_request_metrics, pull_requests, team),
        Replace(schema.turns, turns, team),
        Replace(schema.weekly_metrics, weekly, team),
        Replace(schema.metric_catalogue, compute_catalogue(has_issues=facts.has_issues)),
        change_proposals(warehouse, facts),
    )
    keep_views(warehouse)
    return MetricsSummary(pull_requests=pull_requests.height, weeks=weekly["week_start"].n_unique())


def measure_again(warehouse: Warehouse, team_id: str, now: datetime | None = None) -> bool:
    """Compute a team's metrics again, as of the time of those that are stored; return False if there are none yet.

    For a setting or a decision that changes what counts: the data are the same, so the time is, too. What was said
    before was said until `now`.
    """
    stored = warehouse.read_one("SELECT max(as_of) AS as_of FROM weekly_metrics WHERE team_id = ?", [team_id])
    if stored is None or stored["as_of"] is None:
        return False
    measure_team(warehouse, team_id, stored["as_of"], now)
    return True
