"""The Prefect edge of ingestion: tokens, artifacts, task runs."""

import asyncio
import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow, get_client
from prefect.blocks.system import Secret
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_SERVER_ANALYTICS_ENABLED, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from simulators.github.serving.server import Running, serve
from simulators.github.story.organisation import make_organisation
from tasks.access import open_github
from tasks.github.api.errors import TokenRefused
from tasks.github.ingestion.summary import SyncSummary
from tasks.sync import discover, draw_summary, follow_team, sync_window
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, Window

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
SUMMARY = SyncSummary(1200, 1198, 2, 6, {"acme/web": "2 pull requests could not be fetched: #7: no"}, 180, 99)


def test_the_summary_is_a_table_of_numbers_and_of_nothing_that_people_wrote() -> None:
    drawn = draw_summary(SUMMARY)
    assert "| Fetched | 1,198 |" in drawn
    assert "| Points | 180 |" in drawn
    assert "#7" not in drawn


def test_the_tasks_take_no_secret() -> None:
    assert set(discover.fn.__annotations__) == {"team", "repositories", "is_typed", "return"}
    assert set(sync_window.fn.__annotations__) == {"run", "repository_ids", "is_refetch", "return"}
    assert set(follow_team.fn.__annotations__) == {"team", "return"}


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    """Prefect's own server for tests, once; it calls nobody."""
    quiet = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, PREFECT_SERVER_ANALYTICS_ENABLED: False}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DO_NOT_TRACK", "1")
        environment.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        with temporary_settings(quiet), prefect_test_harness(server_startup_timeout=180):
            yield


@pytest.fixture
def github(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve a small organisation; put its address and the warehouse's in the environment."""
    with serve(make_organisation(7, AS_OF, 2, 60, 60, "northwind")) as running:
        monkeypatch.setenv("GITHUB_GRAPHQL_URL", running.graphql_url)
        monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
        monkeypatch.setenv("GITHUB_TOKEN", "demo-token")
        yield running
    gc.collect()  # sockets that Prefect left: in a later test their warnings would be errors


# Prefect's client leaves a socket to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_a_flow_of_both_tasks_fills_the_warehouse_and_shows_its_progress_in_prefect(
    prefect: None, github: Running, warehouse: Warehouse
) -> None:
    run = Run(
        run_id="run-1",
        team_id="northwind",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=AS_OF,
        window=Window(AS_OF - timedelta(days=30), AS_OF),
        is_as_of_fixed=True,
    )
    start_run(warehouse, run, AS_OF)

    @flow
    async def onboard() -> SyncSummary:
        await discover("northwind", ["northwind/" + github.organisation.repositories[0]["name"]])
        return await sync_window(run)

    async def run_and_read() -> tuple[SyncSummary, list[str], list[str]]:
        summary = await onboard()
        async with get_client() as client:
            artifacts = await client.read_artifacts(
                artifact_filter=ArtifactFilter(key=ArtifactFilterKey(like_="team-northwind-sync-%"))
            )
            tasks = await client.read_task_runs()
        return summary, sorted(str(artifact.key) for artifact in artifacts), [task.name for task in tasks]

    summary, artifacts, tasks = asyncio.run(run_and_read())
    stored = warehouse.read("SELECT count(*) FROM pull_requests").item()
    assert stored == summary.prs_done == summary.prs_total > 0
    assert set(artifacts) == {"team-northwind-sync-1", "team-northwind-sync-1-summary"}
    assert github.stats()["violations"] == 0
    # Prefect hears of them by events, some later than now.
    assert [name for name in tasks if not name.startswith(("discover", "sync", "northwind batch"))] == []
    (token,) = warehouse.read("SELECT * FROM github_tokens").to_dicts()
    assert (token["team_id"], token["place"], token["login"]) == ("northwind", 1, github.organisation.viewer["login"])
    assert token["points_remaining"] < token["points_limit"] == 5000


@pytest.mark.slow
def test_a_teams_own_token_is_taken_from_its_encrypted_block(
    prefect: None, github: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def token_of(team: str) -> str:
        async with open_github(team) as (client, _):
            return (await client.accounts.all[0].credential.read()).get_secret_value()

    async def save_and_load() -> tuple[str, str]:
        await Secret(value="of-acme").save("github-token-acme", overwrite=True)  # type: ignore[misc]
        return await token_of("Acme"), await token_of("northwind")

    assert asyncio.run(save_and_load()) == ("of-acme", "demo-token")


@pytest.mark.slow
def test_a_login_kept_by_prefect_is_taken_where_no_token_is_set(
    prefect: None, github: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")

    async def save_and_load() -> str:
        await Secret(value="of-everyone").save("github-token", overwrite=True)  # type: ignore[misc]
        async with open_github("northwind") as (client, _):
            return (await client.accounts.all[0].credential.read()).get_secret_value()

    assert asyncio.run(save_and_load()) == "of-everyone"


@pytest.mark.slow
def test_an_empty_token_in_a_block_is_one_clear_error(prefect: None, github: Running) -> None:
    async def save_and_load() -> None:
        await Secret(value="  ").save("github-token-empty", overwrite=True)  # type: ignore[misc]
        async with open_github("empty"):
            pass

    with pytest.raises(TokenRefused, match="secret/github-token-empty is empty"):
        asyncio.run(save_and_load())
