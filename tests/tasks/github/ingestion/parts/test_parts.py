"""A team ingested in parts equals one that one process ingested, whoever takes the parts and whoever dies."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulators.github.serving.server import serve
from simulators.github.story.organisation import make_organisation
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.parts import plan
from tasks.github.ingestion.parts.leading import Leader, Led
from tasks.github.ingestion.parts.leases import Standing
from tasks.github.ingestion.parts.plan import read_sizes
from tasks.github.ingestion.parts.taking import Taker, Timing
from tasks.github.ingestion.repository_sync import RepositorySync
from tasks.github.ingestion.scope import Scope, Work
from tasks.github.pull_requests.scanned import ProbedRepository
from tasks.parts import stop_if_ended
from tests.recorded_data import ROOT
from tests.tasks.github.conftest import Clock, Simulated
from tests.tasks.github.ingestion.parts.taking_process import AS_OF, Live
from tests.tasks.github.ingestion.test_whole_organisations import prepared, read_all
from warehouse.connection import Warehouse
from warehouse.progress import Run, fail_run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.windows import OVERLAP, Phase, Window, plan_windows

CallHelpers = Callable[[int], Awaitable[None]]
Rows = dict[str, list[dict[str, object]]]
PROCESS = Path(__file__).with_name("taking_process.py")
QUICK = Timing(lease_seconds=3.0, renewed_after=timedelta(seconds=0.3))
PHASES = (Phase.RECENT, Phase.HISTORY)
REPOSITORIES = 4


def make_run(phase: Phase) -> Run:
    window = plan_windows(AS_OF, 30, 90)[phase - 1]
    return Run(
        run_id=f"run-{phase}",
        team_id="northwind",
        flow="onboarding",
        phase=phase,
        as_of=AS_OF,
        window=window,
        is_as_of_fixed=True,
    )


def settings(home: Path) -> WarehouseSettings:
    return WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")


async def nobody(count: int) -> None:
    """Call for helpers of whom none ever comes."""


async def take(simulated: Simulated, home: Path, run: Run, clock: Live) -> int:
    """Help with a run, as another process does; return how many parts it took."""
    with Warehouse(settings(home)) as own:
        async with simulated.client() as github:
            github.clock = clock
            with Taker(github, own, run, home, ingest, timing=QUICK) as taker:
                await taker.take_all()
                return taker.taken


async def lead(
    simulated: Simulated, warehouse: Warehouse, run: Run, call_helpers: CallHelpers, clock: Live
) -> tuple[Led, int, int]:
    """Ingest in parts, and completely after them; return what the leader took itself, and what the last pass sent."""

    async def overlook(standing: Standing) -> None:
        assert standing.done < standing.total

    async with simulated.client() as github:
        github.clock = clock
        with Taker(github, warehouse, run, warehouse.settings.home, ingest, timing=QUICK) as taker:
            led = await Leader(taker, 3, call_helpers, overlook, poll_seconds=0.05).lead(False)
        before = github.requests
        await ingest(github, warehouse, run, scope=Scope(done_in_parts=led.repository_ids))
    return led, taker.taken, github.requests - before


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MIN_SIZE", 10)


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    clock = Clock(AS_OF)
    with serve(make_organisation(5, AS_OF, REPOSITORIES, 80, 60, "northwind"), clock=clock.seconds) as running:
        yield Simulated(running, clock)


@pytest.fixture(scope="module")
def discovered(simulated: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a team whose repositories are known, and nothing of them."""
    home = tmp_path_factory.mktemp("discovered")
    with prepared(home) as warehouse:
        simulated.discover(warehouse)
    return home


@pytest.fixture(scope="module")
def whole(simulated: Simulated, discovered: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Rows]:
    """Return the rows that one process ingests, after each phase."""
    home = tmp_path_factory.mktemp("whole")
    shutil.copytree(discovered, home, dirs_exist_ok=True)
    with Warehouse(settings(home)) as warehouse:
        found = []
        for phase in PHASES:
            start_run(warehouse, make_run(phase), AS_OF)
            simulated.ingest(warehouse, make_run(phase))
            found.append(read_all(warehouse))
    return found


@pytest.fixture
def warehouse(discovered: Path, tmp_path: Path) -> Iterator[Warehouse]:
    shutil.copytree(discovered, tmp_path / "home")
    with Warehouse(settings(tmp_path / "home")) as opened:
        yield opened


@pytest.mark.slow
def test_takers_at_once_leave_the_rows_of_one_process(
    simulated: Simulated, whole: list[Rows], warehouse: Warehouse
) -> None:
    clock = Live()

    async def run_phase(run: Run) -> tuple[Led, int, int, list[int]]:
        helping: list[asyncio.Task[int]] = []

        async def call(count: int) -> None:
            home = warehouse.settings.home
            helping.extend(asyncio.create_task(take(simulated, home, run, clock)) for _ in range(count))

        led, taken, sent = await lead(simulated, warehouse, run, call, clock)
        return led, taken, sent, [await each for each in helping]

    for phase, expected in zip(PHASES, whole, strict=True):
        start_run(warehouse, make_run(phase), AS_OF)
        led, taken, sent, helped = asyncio.run(run_phase(make_run(phase)))
        assert (taken + sum(helped), len(helped)) == (REPOSITORIES, 2)
        assert taken < REPOSITORIES, "the helpers took some"
        assert led.requests > 0, "and what they used is known"
        assert sent < 10, "the last pass only looked whether anything had moved"
        assert read_all(warehouse) == expected
    assert simulated.violations() == 0


@pytest.mark.slow
def test_whoever_leads_takes_all_if_a_helper_is_killed_and_no_other_comes(
    simulated: Simulated, whole: list[Rows], warehouse: Warehouse
) -> None:
    clock = Live()

    async def killed(count: int) -> None:
        """Let a process take the first part, and kill itself before its second batch."""
        command = [sys.executable, str(PROCESS), simulated.running.graphql_url, str(warehouse.settings.home)]
        arguments = ["run-1", str(clock.started_at), "2"]
        ended = await asyncio.to_thread(subprocess.run, [*command, *arguments], cwd=ROOT, check=False)
        assert ended.returncode == -9

    start_run(warehouse, make_run(Phase.RECENT), AS_OF)
    _, taken, _ = asyncio.run(lead(simulated, warehouse, make_run(Phase.RECENT), killed, clock))
    assert taken == REPOSITORIES, "the one that the dead process held, too"
    assert read_all(warehouse) == whole[0]


@pytest.mark.slow
def test_helpers_of_a_run_that_was_cancelled_stop_and_commit_nothing_more(
    simulated: Simulated, warehouse: Warehouse
) -> None:
    clock, run = Live(), make_run(Phase.RECENT)

    async def help_out() -> int:
        async with simulated.client() as github:
            github.clock = clock
            with Taker(github, warehouse, run, warehouse.settings.home, ingest, timing=QUICK) as taker:

                async def cancel(label: str, work: Work) -> None:
                    """End the run while its first batch is fetched, as a cancellation does that nothing follows."""
                    fail_run(warehouse, run, "cancelled", "", AS_OF, "cancelled")
                    await stop_if_ended(taker)
                    await work()

                taker.run_batch = cancel
                parts = [[key] for key in read_sizes(warehouse, run.team_id)]
                taker.leases.plan(run.run_id, run.team_id, parts, False, clock().timestamp())
                await taker.take_all()
                return taker.taken

    start_run(warehouse, run, AS_OF)
    assert asyncio.run(help_out()) == 0
    assert warehouse.read("SELECT count(*) FROM pull_requests").item() == 0


def test_the_last_pass_lists_a_repository_again_if_something_moved_since_its_part_was_done() -> None:
    done = RepositorySync("R1", "northwind/one", "done", watermark_at=AS_OF)
    still, moved = (
        ProbedRepository("northwind/one", is_archived=False, total=9, newest_at=at)
        for at in (AS_OF - OVERLAP * 2, AS_OF)
    )
    is_open, has_end = Window(AS_OF - timedelta(days=30)), Window(AS_OF - timedelta(days=60), AS_OF)
    assert done.is_done_in_part(still, is_open)
    assert not done.is_done_in_part(moved, is_open)
    assert done.is_done_in_part(moved, has_end), "what moves now comes into no window that has ended"
    failed = RepositorySync("R1", "northwind/one", "failed", watermark_at=AS_OF)
    assert not failed.is_done_in_part(still, has_end)
