"""The course of a run: how it begins, moves from stage to stage, ends, and hands over to the next.

Only here and in the hooks do flows touch the warehouse; each call opens it for as long as it needs it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import get_client, get_run_logger, runtime
from prefect.deployments import arun_deployment

from flows.lifecycle.anchor import Anchor, choose_anchor, read_anchor
from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import describe
from flows.lifecycle.first_run import is_first_run
from flows.lifecycle.run_states import read_run_state_by_client
from tasks.github.api.settings import GitHubSettings
from tasks.notify import notify_team
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.progress import (
    BACKGROUND,
    BLOCKED,
    Run,
    Status,
    claim_team,
    enter_stage,
    fail_run,
    finish_run,
    reconcile,
)
from warehouse.store import Merge, commit
from warehouse.windows import OVERLAP, Phase, Window, plan_refresh


def begin_onboarding(
    team: str, as_of: datetime | None = None, days_back: int | None = None, history_days: int | None = None
) -> Run:
    """Phase 1 of `team`, begun or resumed."""
    with Warehouse() as warehouse:
        row = _head(warehouse, team)
        anchor = choose_anchor(row, GitHubSettings(), now(), as_of, days_back, history_days)
        run = _run(team, "onboarding", Phase.RECENT, anchor.windows()[0], anchor.as_of, anchor.is_fixed)
        claim_team(warehouse, run, read_run_state_by_client, now())
        commit(warehouse, _keep_days(run.team_id, anchor))
    return run


def begin_background(team: str, history_months: int | None = None) -> Run:
    """Phase 2 of `team`, at the anchor of its phase 1; LookupError where there was none.

    `history_months` makes the history longer, for good. What is there already is not fetched again.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team)
        if row is None or row["as_of"] is None:
            raise LookupError(f"{team} has not been onboarded: run `prflow onboard {team}` first.")
        anchor = read_anchor(row, GitHubSettings())
        if history_months is not None:
            anchor = anchor.reach(history_months)
        run = _run(team, "background", Phase.HISTORY, anchor.windows()[1], anchor.as_of, anchor.is_fixed)
        claim_team(warehouse, run, read_run_state_by_client, now())
        commit(warehouse, _keep_days(run.team_id, anchor))
    return run


def begin_refresh(team: str) -> Run:
    """What changed since each repository's watermark; LookupError where there is none."""
    with Warehouse() as warehouse:
        _head(warehouse, team)
        oldest = warehouse.read_one(
            "SELECT min(watermark_at) AS at FROM repositories WHERE team_id = ? AND is_followed", [team.lower()]
        )
        if oldest is None or oldest["at"] is None:
            raise LookupError(f"{team} has nothing to refresh: run `prflow onboard {team}` first.")
        window = plan_refresh(oldest["at"], now(), GitHubSettings().skip_recent)
        run = _run(team, "refresh", Phase.INCREMENTAL, window, now(), is_as_of_fixed=False)
        claim_team(warehouse, run, read_run_state_by_client, now())
    return run


def begin_sync(team: str, repository: str) -> tuple[Run, Status]:
    """A sync of one repository of `team`, and the status that the team is in when it is done.

    Only what changed since its watermark, or all of the history where it has none. A team that is new becomes
    complete by it. TeamBusy where another run of the team is on, NotOnboarded where its first has failed.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team)
        is_first = is_first_run(warehouse, row)
        settings, at = GitHubSettings(), now()
        known = warehouse.read_one(
            "SELECT watermark_at FROM repositories WHERE team_id = ? AND lower(full_name) = ?",
            [team.lower(), repository.lower()],
        )
        days = (row or {}).get("history_days") or settings.history_days
        watermark = known["watermark_at"] if known else None
        window = Window(watermark - OVERLAP if watermark else at - timedelta(days=days))
        run = _run(team, "sync", Phase.RECENT if is_first else Phase.INCREMENTAL, window, at, is_as_of_fixed=False)
        claim_team(warehouse, run, read_run_state_by_client, at)
    return run, Status.COMPLETE if is_first or row is None else Status(row["status"])


def begin_analysis(team: str) -> tuple[Run, Status]:
    """A run over everything that is fetched, and the status that the team has again when it is done.

    LookupError where the team has none to return to: it was never read, or another run is under way.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team)
        status = Status(row["status"] or Status.NOT_STARTED) if row else Status.NOT_STARTED
        if row is None or status in BLOCKED | {Status.NOT_STARTED, Status.FAILED}:
            raise LookupError(f"{team} is not ready for it: run `prflow onboard {team}`, which reads as well.")
        if status in BACKGROUND:
            raise LookupError(f"A run of {team} is under way, and reads what is pending: see `prflow status {team}`.")
        phase = Phase.INCREMENTAL if status is Status.COMPLETE else Phase.HISTORY
        window = Window(row["as_of"] - timedelta(days=read_anchor(row, GitHubSettings()).history_days))
        run = _run(team, "analysis", phase, window, row["as_of"], bool(row["is_as_of_fixed"]))
        claim_team(warehouse, run, read_run_state_by_client, now())
    return run, status


def enter(run: Run, status: Status) -> None:
    """The next stage begins: everything that shows progress says so from now on."""
    get_run_logger().info("%s: %s", run.team_id, status)
    with Warehouse() as warehouse:
        enter_stage(warehouse, run, status, now())


def finish(run: Run, status: Status, is_partial: bool = False) -> None:
    """The run's work is done; `is_partial` where it left something to a later run, and said what."""
    with Warehouse() as warehouse:
        finish_run(warehouse, run, status, "partial" if is_partial else "completed", now())
    notify_team(run, status)


async def start_background(run: Run) -> None:
    """Queues phase 2 as a run of its own, so that its failure is its own.

    The key holds the run that asks: a retry of this very run starts no second one, a later onboarding does.
    Where Prefect does not take it, the team keeps phase 1 and an error that says so.
    """
    try:
        await arun_deployment(
            Deployment.BACKGROUND.path,
            parameters={"team": run.team_id},
            flow_run_name=Deployment.BACKGROUND.run_name(run.team_id),
            tags=[f"team:{run.team_id}"],
            idempotency_key=f"background:{run.team_id}:{run.as_of.isoformat()}:{run.run_id}",
            timeout=0,
            as_subflow=False,
        )
    except Exception as error:
        words, hint = describe(error)
        with Warehouse() as warehouse:
            fail_run(
                warehouse,
                replace(run, phase=Phase.HISTORY),
                f"The older pull requests could not be queued: {words}",
                hint,
                now(),
            )
        raise


def _make_tables(warehouse: Warehouse) -> None:
    """For a worker on a machine of its own. Where `prflow up` runs it has migrated already, which takes a second."""
    if not migrations.is_current(warehouse):
        migrations.upgrade(warehouse)


def _head(warehouse: Warehouse, team: str) -> dict[str, Any] | None:
    """Head of every flow: a run that ended without saying so is written back, then the team's row is read."""
    _make_tables(warehouse)
    ended = reconcile(warehouse, team.lower(), read_run_state_by_client, now())
    if ended:
        get_run_logger().warning("An earlier run had ended without saying so. %s", ended)
    _tag_run(f"team:{team.lower()}")
    return warehouse.read_one("SELECT * FROM teams WHERE team_id = ?", [team.lower()])


def _tag_run(tag: str) -> None:
    """Runs started by hand in Prefect come without the team's tag, by which the dashboard finds them."""
    if tag not in runtime.flow_run.tags:
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(str(runtime.flow_run.id)), tags=[*runtime.flow_run.tags, tag])


def _run(team: str, flow: str, phase: Phase, window: Window, as_of: datetime, is_as_of_fixed: bool) -> Run:
    run_id = str(runtime.flow_run.id)
    return Run(
        run_id=run_id,
        team_id=team.lower(),
        flow=flow,
        phase=phase,
        as_of=as_of,
        window=window,
        is_as_of_fixed=is_as_of_fixed,
    )


def _keep_days(team_id: str, anchor: Anchor) -> Merge:
    row = {"team_id": team_id, "days_back": anchor.days_back, "history_days": anchor.history_days}
    return Merge(schema.teams, schema.frame(schema.teams, [row], row))
