"""How the run of each flow begins: its window, and the claim on its team that keeps other runs out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import sleep
from typing import Any
from uuid import UUID

from prefect import get_client, get_run_logger, runtime

from flows.lifecycle.anchor import Anchor, choose_anchor, read_anchor
from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.first_run import NotOnboarded, is_first_run
from flows.lifecycle.runs.states import read_run_state_by_client
from flows.lifecycle.telling import announce
from tasks.github.api.settings import GitHubSettings
from tasks.llm.provider.choice import is_without_model
from tasks.llm.provider.providers import has_key, require_key
from tasks.llm.provider.settings import LlmSettings
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.flags import FeatureFlags
from warehouse.identity.teams import find_team
from warehouse.progress import (
    BACKGROUND,
    BLOCKED,
    ReadRunState,
    Run,
    Status,
    TeamBusy,
    claim_team,
    find_rival,
    reconcile,
)
from warehouse.store import Merge, commit
from warehouse.windows import OVERLAP, Phase, Window, plan_refresh

# A run that is cancelled ends within seconds if its worker lives, and is marked as crashed after 90 s if not.
MAX_ENDING_SECONDS = 150
TURN_SECONDS = 2
# Whoever waits for hours need not ask Prefect's server every two seconds.
MAX_TURN_SECONDS = 30


def begin_onboarding(
    team: str,
    as_of: datetime | None = None,
    days_back: int | None = None,
    history_days: int | None = None,
    without_model: bool = False,
    early_numbers: bool = False,
) -> Run:
    """Begin or resume phase 1 of `team`. `without_model` keeps that it has no model until there is a key.

    `early_numbers` keeps that its pages open before the reading ends.

    KeyMissing without a key and without that choice, before the first query: nothing could be finished.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team, Deployment.ONBOARDING, is_typed=True)
        anchor = choose_anchor(row, GitHubSettings(), now(), as_of, days_back, history_days)
        if not FeatureFlags().enable_two_phase_onboarding:
            anchor = anchor.in_one_phase()
        run = _run(
            _id(row, team), Deployment.ONBOARDING, Phase.RECENT, anchor.windows()[0], anchor.as_of, anchor.is_fixed
        )
        _claim(warehouse, run)
        commit(warehouse, _keep_days(run.team_id, anchor))
        if without_model:
            commit(warehouse, _keep_choice(run.team_id, "is_without_model"))
        if early_numbers:
            commit(warehouse, _keep_choice(run.team_id, "opens_early"))
        if not is_without_model(warehouse, run.team_id, LlmSettings()):
            require_key(LlmSettings())
    return run


def is_new_team(team: str, without_model: bool) -> bool:
    """Return whether there is no team of this name, and its first run would get as far as GitHub."""
    with Warehouse() as warehouse:
        _make_tables(warehouse)
        is_known = find_team(warehouse, team) is not None
    return not is_known and (without_model or has_key(LlmSettings()))


def begin_background(team: str, history_months: int | None = None) -> Run:
    """Begin phase 2 of `team` at the anchor of its phase 1; NotOnboarded if it had none.

    `history_months` makes the history longer, for good. What is already stored is not fetched again.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team, Deployment.BACKGROUND)
        if row is None or row["as_of"] is None:
            raise NotOnboarded(f"{team} has not been onboarded.", f"Run `prflow onboard {team}` first.")
        anchor = read_anchor(row, GitHubSettings())
        if history_months is not None:
            anchor = anchor.reach(history_months)
        run = _run(
            _id(row, team), Deployment.BACKGROUND, Phase.HISTORY, anchor.windows()[1], anchor.as_of, anchor.is_fixed
        )
        _claim(warehouse, run)
        commit(warehouse, _keep_days(run.team_id, anchor))
    return run


def begin_refresh(team: str) -> Run:
    """Begin a refresh of `team` from the oldest watermark of its repositories; NotOnboarded if none has one."""
    with Warehouse() as warehouse:
        team_id = _id(_head(warehouse, team, Deployment.REFRESH), team)
        oldest = warehouse.read_one(
            "SELECT min(watermark_at) AS at FROM repositories WHERE team_id = ? AND is_followed", [team_id]
        )
        if oldest is None or oldest["at"] is None:
            raise NotOnboarded(f"{team} has nothing to refresh yet.", f"Run `prflow onboard {team}` first.")
        window = plan_refresh(oldest["at"], now(), GitHubSettings().skip_recent)
        run = _run(team_id, Deployment.REFRESH, Phase.INCREMENTAL, window, now(), is_as_of_fixed=False)
        _claim(warehouse, run)
    return run


def begin_sync(team: str, repository: str) -> tuple[Run, Status]:
    """Begin a sync of one repository of `team`; return the run and the status of the team once it is done.

    The window is what changed since the repository's watermark, or its complete history if it has none. A new team
    becomes complete by the sync. Raise TeamBusy if another run works on the team, NotOnboarded if its first failed.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team, Deployment.SYNC)
        is_first = is_first_run(warehouse, row)
        settings, at = GitHubSettings(), now()
        known = warehouse.read_one(
            "SELECT watermark_at FROM repositories WHERE team_id = ? AND lower(full_name) = ? "
            "ORDER BY failing_since NULLS FIRST LIMIT 1",
            [_id(row, team), repository.lower()],
        )
        days = (row or {}).get("history_days") or settings.history_days
        watermark = known["watermark_at"] if known else None
        window = Window(watermark - OVERLAP if watermark else at - timedelta(days=days))
        run = _run(
            _id(row, team),
            Deployment.SYNC,
            Phase.RECENT if is_first else Phase.INCREMENTAL,
            window,
            at,
            is_as_of_fixed=False,
        )
        _claim(warehouse, run)
    return run, Status.COMPLETE if is_first or row is None else Status(row["status"])


def begin_analysis(team: str) -> tuple[Run, Status]:
    """Begin an analysis of everything fetched; return the run and the status that the team returns to.

    Raise NotOnboarded if its first phase is not complete, TeamBusy if its second is at work.
    """
    with Warehouse() as warehouse:
        row = _head(warehouse, team, Deployment.ANALYSIS)
        status = Status(row["status"] or Status.NOT_STARTED) if row else Status.NOT_STARTED
        if row is None or status in BLOCKED | {Status.NOT_STARTED, Status.FAILED}:
            raise NotOnboarded(
                f"The first phase of {team} is not complete.", f"Run `prflow onboard {team}`, which analyses as well."
            )
        if status in BACKGROUND:
            raise TeamBusy(f"A run of {team} is at work and analyses what is pending.", f"See `prflow status {team}`.")
        phase = Phase.INCREMENTAL if status is Status.COMPLETE else Phase.HISTORY
        window = Window(row["as_of"] - timedelta(days=read_anchor(row, GitHubSettings()).history_days))
        run = _run(_id(row, team), Deployment.ANALYSIS, phase, window, row["as_of"], bool(row["is_as_of_fixed"]))
        _claim(warehouse, run)
    return run, status


def wait_for_turn(
    warehouse: Warehouse,
    run_id: str,
    team_id: str,
    flow: Deployment,
    read_run_state: ReadRunState = read_run_state_by_client,
    sleep: Callable[[float], None] = sleep,
) -> None:
    """Wait while an earlier run of the same flow works on the team, however long; for another flow, while it ends.

    A run that Retry replaces takes seconds to end. One whose heartbeats are missing may turn out to be alive.
    """
    waited, pause = 0, TURN_SECONDS
    while rival := find_rival(warehouse, team_id, run_id, read_run_state, now()):
        state = read_run_state(rival.run.run_id)
        is_ending = state is not None and state.is_about_to_end(now()) and waited < MAX_ENDING_SECONDS
        if not is_ending and rival.run.flow != flow:
            return
        if waited == 0:
            get_run_logger().info("Waiting for the %s of %s that is at work", rival.run.flow, team_id)
        waited += pause
        sleep(pause)
        pause = TURN_SECONDS if is_ending else min(pause * 2, MAX_TURN_SECONDS)


def _make_tables(warehouse: Warehouse) -> None:
    """Migrate the warehouse, for a worker on another machine: on its own machine `prflow up` has done so already."""
    if not migrations.is_current(warehouse):
        migrations.upgrade(warehouse)


def _head(warehouse: Warehouse, team: str, flow: Deployment, *, is_typed: bool = False) -> dict[str, Any] | None:
    """Prepare a run of any flow: record how an earlier one ended if it did not itself, and return the team's row.

    A team is found by what it was called when the run was queued, unless `is_typed`: then who has that login now is
    meant.
    """
    _make_tables(warehouse)
    team_id = (None if is_typed else find_team(warehouse, team)) or team.lower()
    wait_for_turn(warehouse, str(runtime.flow_run.id), team_id, flow)
    ended = reconcile(warehouse, team_id, read_run_state_by_client, now(), is_unknown_gone=True)
    if ended:
        get_run_logger().warning("%s: an earlier run ended without recording it. %s", team_id, ended)
    _tag_run(f"team:{team_id}")
    return warehouse.read_one("SELECT * FROM teams WHERE team_id = ?", [team_id])


def _claim(warehouse: Warehouse, run: Run) -> None:
    """Claim the team, and tell that the run began; TeamBusy if another run works on it."""
    claim_team(warehouse, run, read_run_state_by_client, now())
    announce(warehouse)


def _id(row: dict[str, Any] | None, team: str) -> str:
    """Return the id of the team of that row, or of a new one."""
    return str(row["team_id"]) if row else team.lower()


def _tag_run(tag: str) -> None:
    """Add the team's tag, by which the dashboard finds runs, to one that was started by hand in Prefect."""
    if tag not in runtime.flow_run.tags:
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(str(runtime.flow_run.id)), tags=[*runtime.flow_run.tags, tag])


def _run(team_id: str, flow: Deployment, phase: Phase, window: Window, as_of: datetime, is_as_of_fixed: bool) -> Run:
    return Run(
        run_id=str(runtime.flow_run.id),
        team_id=team_id,
        flow=flow,
        phase=phase,
        as_of=as_of,
        window=window,
        is_as_of_fixed=is_as_of_fixed,
    )


def _keep_choice(team_id: str, column: str) -> Merge:
    row = {"team_id": team_id, column: True}
    return Merge(schema.teams, schema.frame(schema.teams, [row], row))


def _keep_days(team_id: str, anchor: Anchor) -> Merge:
    row = {"team_id": team_id, "days_back": anchor.days_back, "history_days": anchor.history_days}
    return Merge(schema.teams, schema.frame(schema.teams, [row], row))
