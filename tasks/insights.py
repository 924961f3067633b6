"""The stage that finds what is worth saying about the numbers."""

from datetime import datetime

from prefect import get_run_logger, task

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.history.keep import keep_insights
from warehouse.insights.evidence import Evidence, gather_evidence
from warehouse.insights.find import find_insights
from warehouse.insights.lives import merge_known
from warehouse.progress import Run
from warehouse.store import Replace, commit


@task(name="compute-insights", task_run_name="compute-insights/{run.team_id}")
def compute_insights(run: Run, now: datetime) -> int:
    """Find and store the insights of the run's team; return their number."""
    with Warehouse() as warehouse:
        count = write_insights(warehouse, run, now)
    get_run_logger().info("%s: %d insights", run.team_id, count)
    return count


def write_insights(warehouse: Warehouse, run: Run, now: datetime) -> int:
    """Store the team's insights in one commit; as of the run's anchor if that is fixed, else of now."""
    found = find_insights(read_evidence(warehouse, run.team_id, run.as_of if run.is_as_of_fixed else now))
    known = warehouse.read("SELECT * FROM insights WHERE team_id = ?", [run.team_id])
    known = known.cast(found.schema)
    rows = merge_known(found, known, now)
    kept = keep_insights(warehouse, known, rows, now)
    commit(warehouse, *kept, Replace(schema.insights, rows, {"team_id": run.team_id}))
    return found.height


def read_evidence(warehouse: Warehouse, team_id: str, as_of: datetime) -> Evidence:
    """Read the metrics that the last `compute_metrics` wrote."""
    team = warehouse.read_one("SELECT coalesce(timezone, 'UTC') AS timezone FROM teams WHERE team_id = ?", [team_id])
    if team is None:
        raise UnknownTeam(team_id)
    return gather_evidence(
        team_id,
        team["timezone"],
        warehouse.read("SELECT id, full_name FROM repositories WHERE team_id = ?", [team_id]),
        warehouse.read("SELECT * FROM pull_request_metrics WHERE team_id = ?", [team_id]),
        warehouse.read("SELECT * FROM weekly_metrics WHERE team_id = ? AND scope = 'repository'", [team_id]),
        as_of,
    )
