"""The step of a run that reads issues, if Jira is switched on: after the pull requests, which it never stops."""

from prefect import get_run_logger

from flows.lifecycle.explain import describe
from tasks.issues import read_issues
from warehouse.flags import is_jira_on
from warehouse.progress import Run


async def read_issues_if_on(run: Run, is_refetch: bool = False) -> None:
    """Read the issues that the team's pull requests name; nothing at all happens while Jira is switched off."""
    if not is_jira_on():
        return
    try:
        await read_issues(run, is_refetch)
    except Exception as error:  # noqa: BLE001  the flow boundary: an issue is never worth a run
        get_run_logger().error("%s Issues are read by the next run.", describe(error)[0])
