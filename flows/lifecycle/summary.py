"""The summary of a run, as a Markdown artifact in Prefect."""

from datetime import datetime
from typing import Any

from prefect import get_run_logger
from prefect.artifacts import acreate_markdown_artifact

from flows.lifecycle.runs.states import read_run_state_by_client
from flows.lifecycle.settings import FlowSettings
from tasks.names import slug
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import escape_markdown
from warehouse.progress import Progress, Run, read_progress


async def summarise(run: Run) -> None:
    """Store the summary of a run. A summary that cannot be stored does not fail the run."""
    try:
        words, stage = read_summary(run)
        await acreate_markdown_artifact(words, key=f"team-{slug(run.team_id)}-{run.flow}", description=stage)
    except Exception as error:  # noqa: BLE001  whatever Prefect's client raises: the work itself is done
        get_run_logger().warning("The summary could not be stored: %s", type(error).__name__)


def read_summary(run: Run) -> tuple[str, str]:
    """Return the summary, and the stage of the team."""
    with Warehouse() as warehouse:
        row = warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = ?", [run.run_id]) or {}
        progress = read_progress(warehouse, run.team_id, read_run_state_by_client, row["ended_at"])
    return write_summary(run, progress, row, FlowSettings().dashboard_url), progress.stage


def write_summary(run: Run, progress: Progress, row: dict[str, Any], dashboard_url: str = "") -> str:
    """Write the summary; `row` is the run's row of pipeline_runs. GitHub's names are escaped for Markdown."""
    facts = {
        "Window": f"{_day(run.window.start)} to {_day(run.window.end) if run.window.end else 'the present'}",
        "Result": row["state"],
        "Pull requests": f"{progress.prs_synced:,} of {progress.prs_total or 0:,}",
        "Read by rules or model": f"{progress.llm_done:,} of {progress.llm_total or 0:,}",
        "Failed or refused": f"{row['llm_failed'] or 0:,}",
        "Left to the next run": f"{row['llm_left'] or 0:,}",
        "GitHub": f"{row['github_requests'] or 0:,} requests, {row['github_points'] or 0:,} points",
        "Model": f"{row['llm_requests'] or 0:,} calls, {row['llm_tokens'] or 0:,} tokens",
        "Took": f"{(row['ended_at'] - row['started_at']).total_seconds():.0f} s",
    }
    link = [f"[Open the dashboard]({dashboard_url})", ""] if dashboard_url else []
    lines = [f"# {run.flow} of {escape_markdown(run.team_id)}", "", *link, "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts.items()]
    lines += ["", "| Repository | State | Fetched | Of |", "|---|---|---:|---:|"]
    lines += [
        f"| {escape_markdown(one.full_name)} | {one.sync_status} "
        f"| {one.sync_prs_completed:,} | {one.sync_prs_total or 0:,} |"
        for one in progress.repos
    ]
    return "\n".join(lines)


def _day(timestamp: datetime) -> str:
    return f"{timestamp:%Y-%m-%d %H:%M} UTC"
