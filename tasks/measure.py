"""The stage that turns stored pull requests into numbers."""

from datetime import datetime

from prefect import get_run_logger, task

from warehouse.connection import Warehouse
from warehouse.measure import MetricsSummary, measure_team
from warehouse.progress import Run


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
    return measure_team(warehouse, run.team_id, run.as_of if run.is_as_of_fixed else now, now)
