"""The stage that turns stored pull requests into numbers."""

from dataclasses import dataclass
from datetime import datetime

from prefect import get_run_logger, task

from warehouse import schema
from warehouse.accounts import change_proposals
from warehouse.connection import Warehouse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.catalogue import compute_catalogue
from warehouse.metrics.weekly import compute_weekly_metrics
from warehouse.progress import Run
from warehouse.read_facts import read_facts
from warehouse.store import Replace, commit


@dataclass(frozen=True)
class MetricsSummary:
    """How much was computed: pull requests, and weeks from the oldest history to now."""

    pull_requests: int
    weeks: int


@task(name="compute-metrics", task_run_name="compute-metrics/{run.team_id}")
def compute_metrics(run: Run, now: datetime) -> MetricsSummary:
    """Compute and store every metric of the run's team."""
    with Warehouse() as warehouse:
        summary = write_metrics(warehouse, run, now)
    get_run_logger().info(
        "%s: %d pull requests measured over %d weeks", run.team_id, summary.pull_requests, summary.weeks
    )
    return summary


def write_metrics(warehouse: Warehouse, run: Run, now: datetime) -> MetricsSummary:
    """Replace the team's metrics in one commit. They are as of the run's anchor if that is fixed, else of now."""
    as_of = run.as_of if run.is_as_of_fixed else now
    facts = read_facts(warehouse, run.team_id)
    pull_requests = compute_pull_request_metrics(facts, as_of)
    weekly = compute_weekly_metrics(facts, pull_requests, as_of)
    team = {"team_id": run.team_id}
    commit(
        warehouse,
        Replace(schema.pull_request_metrics, pull_requests, team),
        Replace(schema.weekly_metrics, weekly, team),
        Replace(schema.metric_catalogue, compute_catalogue()),
        change_proposals(warehouse, facts),
    )
    return MetricsSummary(pull_requests=pull_requests.height, weeks=weekly["week_start"].n_unique())
