"""Runs that failed, that are lost, or that stand still; told without writing how they ended."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from dashboard.reading.runs import PrefectUnavailable, has_run_ahead, read_run_state
from flows.cli.parts.home import Home
from flows.cli.parts.next_step import next_step
from flows.lifecycle.clock import now
from tasks.checks import Check
from warehouse.connection import Warehouse
from warehouse.progress import ReadRunState, Status
from warehouse.progress.ending import find_ending
from warehouse.progress.runs import read_latest_run
from warehouse.progress.values import StoredRun
from warehouse.windows import Phase
from warehouse.words import plural

STANDS_AFTER = timedelta(hours=1)
"""A run that is alive commits within minutes, or says for what it waits."""
LOST_HINT = "The next start of `prflow up` and the next night fetch it; Retry on the dashboard does so now."
STANDING_HINT = "See its log in Prefect. If its process is gone, the next night ends the run and goes on."


def check_runs(warehouse: Warehouse, home: Home) -> Iterator[Check]:
    """Name the teams whose last run failed, is over without having said so, was lost, or stands still."""
    found = [*name_failed(warehouse, home), *name_lost(warehouse)]
    standing = [run for team in read_teams(warehouse) if (run := find_standing(warehouse, team, read_run_state, now()))]
    if standing:
        found.append(count_standing(standing, now()))
    yield from found or [Check("runs", "ok", "No failed or stuck runs.")]
    for login, left, reason in warehouse.read(LEFT_SQL).iter_rows():
        words = f"{login}: {plural(left, 'pull request')} left for the model to read. {reason or ''}".strip()
        yield Check("analysis", "note", words, "The next run continues; `prflow analyse` does so now.")


def read_teams(warehouse: Warehouse) -> list[str]:
    return [str(team) for team in warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]]


def name_failed(warehouse: Warehouse, home: Home) -> Iterator[Check]:
    """Name what failed: as the warehouse says, or as Prefect does of a run that ended without saying so."""
    for team, login, status, error in warehouse.read(TEAMS_SQL).iter_rows():
        if words := find_end(warehouse, team) or error:
            yield Check("runs", "note", f"{login}: {words}", next_step(login, Status(status), home))


def find_end(warehouse: Warehouse, team: str) -> str | None:
    """Return how the newest run of the team ended, if its row still says that it runs."""
    run = read_latest_run(warehouse, team)
    ended = find_ending(run, read_run_state(run.run.run_id), now()) if run else None
    return ended[1] if ended else None


def name_lost(warehouse: Warehouse) -> Iterator[Check]:
    """Name the teams whose phase 1 is complete and whose phase 2 has neither begun nor failed, nor waits."""
    for team in warehouse.read(LOST_SQL)["team_id"]:
        if not has_background_ahead(str(team)):
            yield Check("runs", "note", f"{team}: its older history is neither fetched nor waits for that.", LOST_HINT)


def has_background_ahead(team: str) -> bool:
    """Return whether phase 2 of the team waits or runs; False also if no Prefect server responds."""
    try:
        return has_run_ahead(team, Phase.HISTORY)
    except PrefectUnavailable:
        return False


def find_standing(warehouse: Warehouse, team: str, read: ReadRunState, at: datetime) -> StoredRun | None:
    """Return the newest run of the team if it is running, waits for nothing, and has not moved for an hour."""
    run = read_latest_run(warehouse, team)
    if run is None or run.state != "running" or find_ending(run, read(run.run.run_id), at):
        return None
    is_waiting = run.waiting_until is not None and run.waiting_until > at
    return None if is_waiting or at - run.moved_at < STANDS_AFTER else run


def count_standing(runs: list[StoredRun], at: datetime) -> Check:
    """Count the runs that stand still, and name the one that has for the longest."""
    longest = min(runs, key=lambda run: run.moved_at)
    hours = plural(int((at - longest.moved_at) / timedelta(hours=1)), "hour")
    some = f"{plural(len(runs), 'run')} {'stands' if len(runs) == 1 else 'stand'} still"
    words = f"{some}: {longest.run.flow} of {longest.run.team_id} has not moved for {hours}."
    return Check("runs", "note", words, STANDING_HINT)


TEAMS_SQL = "SELECT team_id, coalesce(login, team_id) AS login, status, error FROM teams ORDER BY team_id"
LOST_SQL = "SELECT team_id FROM teams WHERE status = 'phase1_complete' AND error IS NULL ORDER BY team_id"
# The newest run of each team, if it left something to read.
LEFT_SQL = """
SELECT coalesce(t.login, t.team_id) AS login, r.llm_left, r.llm_stopped FROM teams t
JOIN (
    SELECT team_id, arg_max(llm_left, started_at) AS llm_left, arg_max(llm_stopped, started_at) AS llm_stopped
    FROM pipeline_runs WHERE llm_total IS NOT NULL AND state <> 'running' GROUP BY team_id
) r ON r.team_id = t.team_id
WHERE r.llm_left > 0 ORDER BY t.team_id
"""
