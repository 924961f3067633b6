"""`/healthz` and `/metrics`: what programs that watch are told, and only if that is switched on."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.reading.clock import now
from dashboard.reading.monitoring.routes import healthz, metrics
from dashboard.reading.settings import PROCESS_HEADER
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, finish_run, start_run
from warehouse.windows import Phase, Window

TEAM = 'ac"me'


@pytest.fixture
def client(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Serve both routes over a team whose last good sync ended two hours ago."""
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    at = now() - timedelta(hours=2)
    run = Run(run_id="r", team_id=TEAM, flow="onboarding", phase=Phase.RECENT, as_of=at, window=Window(at))
    start_run(warehouse, run, at)
    finish_run(warehouse, run, Status.COMPLETE, "completed", at)
    with TestClient(Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics)])) as opened:
        yield opened


def samples(client: TestClient, **headers: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    said = client.get("/metrics", headers=headers)
    assert said.status_code == 200
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(said.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_nothing_of_a_team_is_told_unless_it_is_switched_on(client: TestClient) -> None:
    said = client.get("/healthz?max_age_hours=1")
    assert (said.status_code, said.text) == (200, "ok")
    assert said.headers[PROCESS_HEADER].isdigit()
    assert client.get("/metrics").status_code == 404


def test_the_age_of_the_last_good_sync_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_METRICS", "true")
    said = client.get("/healthz")
    (team,) = said.json()["teams"]
    assert (said.status_code, team["team"], team["status"], team["is_stale"]) == (200, TEAM, "complete", False)
    assert 7200 <= team["age_seconds"] < 9000
    assert client.get("/healthz?max_age_hours=26").status_code == 200
    stale = client.get("/healthz?max_age_hours=1")
    assert (stale.status_code, stale.json()["status"], stale.json()["teams"][0]["is_stale"]) == (503, "unwell", True)
    assert client.get("/healthz?max_age_hours=nonsense").status_code == 200


def test_prometheus_reads_the_metrics(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_METRICS", "true")
    found = samples(client)
    assert found["prflow_warehouse_up"] == [({}, 1.0)]
    ((labels, age),) = found["prflow_last_good_sync_age_seconds"]
    assert labels == {"team": TEAM}
    assert 7200 <= age < 9000
    assert found["prflow_team_status"] == [({"team": TEAM, "status": "complete"}, 1.0)]
    assert found["prflow_team_run_active"] == [({"team": TEAM}, 0.0)]
    assert found["prflow_messages_waiting"] == [({}, 0.0)]


def test_a_token_is_asked_for_if_there_is_one(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_METRICS", "true")
    monkeypatch.setenv("PRFLOW_DASHBOARD_METRICS_TOKEN", "canary-token")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "canary-token"}):
        said = client.get("/metrics", headers=headers)
        assert (said.status_code, "canary" in said.text) == (401, False)
        assert client.get("/healthz", headers=headers).text == "ok"
    assert samples(client, Authorization="Bearer canary-token")["prflow_warehouse_up"]


def test_a_warehouse_that_is_away_is_a_metric_and_no_error(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_METRICS", "true")
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path_factory.mktemp("nothing")))
    assert samples(client) == {"prflow_warehouse_up": [({}, 0.0)]}
    assert client.get("/healthz").status_code == 200
    assert client.get("/healthz?max_age_hours=26").status_code == 503


def test_where_people_log_in_nothing_is_told_without_a_token(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_METRICS", "true")
    monkeypatch.setenv("PRFLOW_LOGIN_CLIENT_ID", "prflow")
    assert client.get("/metrics").status_code == 401
    assert client.get("/healthz").text == "ok"
    monkeypatch.setenv("PRFLOW_DASHBOARD_METRICS_TOKEN", "a token of metrics")
    assert client.get("/metrics").status_code == 401
    assert samples(client, Authorization="Bearer a token of metrics")
