"""One repository fetched now: on a team that is new, then on one that has it."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from flows.cli.sync import read_summary
from flows.lifecycle.clock import now
from flows.lifecycle.runs.states import read_run_state_by_client
from flows.sync import sync
from simulators.github.store import records
from warehouse.progress import Run, TeamBusy, read_progress, start_run
from warehouse.windows import Phase, Window

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow


def run(name: str) -> None:
    asyncio.run(sync(team="acme", repository=f"acme/{name}"))


def test_a_repository_is_fetched_alone_then_again_what_changed_and_no_second_run_comes_between(world: "World") -> None:
    first, second = (repository["name"] for repository in world.github.organisation.repositories)
    at = records.iso(now().timestamp())
    world.github.organisation.touch(f"acme/{first}", _newest(world, first), at)
    run(first)
    summary = read_summary(world.warehouse, "acme", f"acme/{first}", 0.0)
    assert (summary.state, summary.prs_fetched) == ("completed", summary.prs_synced)
    progress = read_progress(world.warehouse, "acme", read_run_state_by_client, now())
    assert (progress.status, [one.full_name for one in progress.repos]) == ("complete", [f"acme/{first}"])
    assert progress.run_state == "COMPLETED"
    assert progress.prs_synced == summary.prs_synced > 0

    world.github.organisation.touch(f"acme/{first}", _newest(world, first), records.iso(now().timestamp()))
    run(first)
    assert read_summary(world.warehouse, "acme", f"acme/{first}", 0.0).prs_fetched == 1

    start_run(
        world.warehouse,
        Run(
            run_id="no-run-of-prefects",
            team_id="acme",
            flow="refresh",
            phase=Phase.INCREMENTAL,
            as_of=now(),
            window=Window(now()),
        ),
        now(),
    )
    with pytest.raises(TeamBusy, match="Another run is working on acme: its refresh"):
        run(second)
    assert world.read_team()["status"] == "complete"
    assert world.warehouse.read("SELECT count(*) FROM repositories").item() == 1


def _newest(world: "World", name: str) -> int:
    """Return the number of the pull request that was opened last."""
    return max(record["number"] for record in world.github.organisation.pull_requests(f"acme/{name}"))
