"""`prflow status`: show the dashboard's progress in the terminal."""

from collections.abc import Iterator
from datetime import datetime

from rich.progress_bar import ProgressBar
from rich.table import Column, Table

from dashboard.first_run.view import Screen, choose_view, say_what_is_left
from dashboard.reading.runs import team_progress
from dashboard.reading.services import describe_away
from flows.cli.parts.follow import describe
from flows.cli.parts.home import Home, find_home
from flows.cli.parts.next_step import next_step
from flows.cli.parts.terminal import Terminal, marked, print_json
from flows.lifecycle.clock import now
from flows.services.prefect_password import use_prefect_of
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.flags import is_jira_on
from warehouse.guard.untrusted import one_line
from warehouse.progress import Progress, RepositoryProgress, Status
from warehouse.reads.issues import read_jira_errors
from warehouse.reads.teams import read_latest_team
from warehouse.teams.choice import choose_team


def show_status(team: str | None, as_json: bool) -> None:
    """Show how far `team` is, or the team whose run began last."""
    home = find_home()
    progress = read_status(home, team)
    if as_json:
        print_json(progress.to_json())
        return
    draw_status(Terminal(), progress, home, now())
    if _is_paused(home, progress.team_id):
        words = f"Paused: no night fetches anything until `prflow teams resume {progress.team_id}`."
        Terminal(soft_wrap=True).print(words)


def read_status(home: Home, team: str | None) -> Progress:
    """Return the progress of `team` (UnknownTeam if there is none), or of the team whose run began last."""
    if home.services:
        use_prefect_of(home.services)
    with Warehouse(home.settings, read_only=True) as warehouse:
        team_id = choose_team(warehouse, team) if team else read_latest_team(warehouse)
        progress = team_progress(team_id, warehouse)
    if progress.status is Status.NOT_STARTED and team:
        raise UnknownTeam(team)
    return progress


def _is_paused(home: Home, team_id: str) -> bool:
    with Warehouse(home.settings, read_only=True) as warehouse:
        row = warehouse.read_one("SELECT is_paused FROM teams WHERE team_id = ?", [team_id])
    return bool(row and row["is_paused"])


def draw_status(console: Terminal, progress: Progress, home: Home, at: datetime) -> None:
    if not progress.login:
        console.print(
            "Nothing has been fetched yet. Start with `prflow onboard OWNER`, or see `prflow demo`.", soft_wrap=True
        )
        return
    simulated = " [dim](simulated)[/]" if progress.is_simulated else ""
    head = f"[bold]{marked(progress.login)}[/]{simulated}  {progress.status}  {marked(describe(progress))}"
    console.print(head, markup=True)
    console.print(ProgressBar(total=100, completed=progress.percent, width=60), f" {progress.percent:.0f} %")
    shown = choose_view(progress, at)
    is_stalled = shown.retry_phase is not None and shown.screen in {Screen.STALLED, Screen.PARTIAL}
    console.print(shown.text if is_stalled else progress.description, soft_wrap=True)
    for sentence in _say_endings(progress):
        console.print(one_line(sentence), soft_wrap=True)
    for line in (progress.disagreement, progress.error, progress.error_hint):
        if line:
            console.print(one_line(line), style="red")
    if progress.error or is_stalled:
        console.print(next_step(progress.login, progress.status, home), soft_wrap=True)
    console.print(draw_repositories(progress.repos))
    if progress.run_url:
        console.print(f"Run: {progress.run_url}")
    for words in describe_away(home.folder):
        console.print(one_line(words), style="yellow", soft_wrap=True)
    for words in _say_issues(home, progress.team_id):
        console.print(one_line(words), style="yellow", soft_wrap=True)
    if home.services:
        console.print(f"Dashboard: {home.services.dashboard_url}")


def _say_endings(progress: Progress) -> Iterator[str]:
    """Say when the last run completed, what it left, and where one failed."""
    if progress.completed_at:
        yield f"Last completed: {progress.completed_at:%Y-%m-%d %H:%M} UTC."
    if left := say_what_is_left(progress):
        yield left
    if progress.failed_stage:
        yield f"The last run failed at: {progress.failed_stage.lower()}."
    if progress.previous_error:
        yield f"The attempt before failed: {progress.previous_error}"


def _say_issues(home: Home, team_id: str) -> Iterator[str]:
    """Say why not all issues of Jira could be read the last time; nothing while it is switched off."""
    if is_jira_on():
        with Warehouse(home.settings, read_only=True) as warehouse:
            for team, error, hint in read_jira_errors(warehouse).iter_rows():
                if team == team_id:
                    yield f"Not all issues of Jira could be read. {error} {hint or ''}"


def draw_repositories(repositories: tuple[RepositoryProgress, ...]) -> Table:
    table = Table(Column("Repository", overflow="fold"), "State", "Fetched", "Of", "Last sync", "Error", box=None)
    for one in repositories:
        table.add_row(
            one_line(one.full_name),
            one.sync_status,
            f"{one.sync_prs_completed:,}",
            "?" if one.sync_prs_total is None else f"{one.sync_prs_total:,}",
            f"{one.last_sync_at:%Y-%m-%d %H:%M}" if one.last_sync_at else "",
            one_line(one.last_sync_error),
        )
    return table
