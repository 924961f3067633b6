"""`GET /api/status`: the progress of a team for monitors, with the names that the predecessor had."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from dashboard.reading.status_json import make_status
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.progress import Progress, RepositoryProgress, Run, Status, finish_run, start_run
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
NAMES = {"id", "full_name", "sync_status", "sync_progress", "last_sync_at", "last_sync_error"}


def repository(status: str, progress: float | None) -> RepositoryProgress:
    return RepositoryProgress("R_1", "acme/api", status, progress, 1, 3, T, None)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("pending", "pending"),
        ("scanning", "syncing"),
        ("syncing", "syncing"),
        ("done", "completed"),
        ("partial", "completed"),
        ("failed", "error"),
    ],
)
def test_a_repository_has_the_predecessors_state_and_whole_per_cent(stored: str, said: str) -> None:
    progress = Progress("acme", "Acme", Status.SYNCING, 20.0, "Fetch", "", repos=(repository(stored, 33.3),))
    [one] = make_status(progress)["repos"]
    assert (one["sync_status"], one["sync_progress"], one["last_sync_at"]) == (said, 33, T.isoformat())
    assert set(one) >= NAMES


def test_the_background_has_a_number_of_its_own_for_each_half() -> None:
    progress = Progress(
        "acme", "Acme", Status.BACKGROUND_LLM, 85.0, "Read", "", phase=Phase.HISTORY, prs_synced=8, prs_total=8,
        llm_done=1, llm_total=2,
    )  # fmt: skip
    said = make_status(progress)
    assert (said["background_sync_progress"], said["background_llm_progress"]) == (100, 50)
    assert (said["status"], said["is_dashboard_accessible"]) == ("background_llm", True)


@pytest.fixture
def client(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    from starlette.applications import Starlette
    from starlette.routing import Route

    from dashboard.reading.status_route import status

    with TestClient(Starlette(routes=[Route("/api/status", status)])) as opened:
        yield opened


def test_it_answers_for_the_latest_team_or_the_one_named(warehouse: Warehouse, client: TestClient) -> None:
    assert client.get("/api/status").json()["status"] == "not_started"
    for team in ("beta", "acme"):
        run = Run(run_id=team, team_id=team, flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T))
        start_run(warehouse, run, T)
    finish_run(warehouse, run, Status.PHASE1_COMPLETE, "completed", T)
    commit(warehouse, Merge(schema.repositories, schema.frame(schema.repositories, [
        {"id": "R_1", "team_id": "acme", "full_name": "acme/api", "is_followed": True, "sync_status": "done"}
    ])))  # fmt: skip
    said = client.get("/api/status?team=ACME")
    assert (said.status_code, said.headers["cache-control"]) == (200, "no-store")
    assert (said.json()["status"], said.json()["completed_at"]) == ("phase1_complete", T.isoformat())
    assert client.get("/api/status?team=beta").json()["status"] == "syncing"
    assert client.get("/api/status?team=nobody").status_code == 404


def test_before_the_first_team_there_is_nothing_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    from starlette.requests import Request

    from dashboard.reading.status_route import status

    request = Request({"type": "http", "method": "GET", "path": "/api/status", "query_string": b"", "headers": []})
    assert b'"status":"not_started"' in bytes(status(request).body)
