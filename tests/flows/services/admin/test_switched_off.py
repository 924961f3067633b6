"""Set-up and settings that are switched off: no route of the service does or tells anything."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from flows.services.admin.server import HEALTH, ROUTES, TEAM_ROUTES, application
from warehouse.connection import Warehouse

PATHS = [
    *((method, path) for method, path, _ in ROUTES),
    *((method, f"/teams/acme/{path}") for method, path, _ in TEAM_ROUTES),
]


@pytest.fixture
def service(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    home = warehouse.settings.home
    monkeypatch.chdir(home)
    monkeypatch.setenv("PRFLOW_HOME", str(home))
    headers = {"Authorization": "Bearer key"}
    with TestClient(application(home, "key"), "http://127.0.0.1", headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "value"), [("PRFLOW_DASHBOARD_HAS_SETTINGS", "false"), ("PRFLOW_DASHBOARD_HOSTS", "prflow.example.com")]
)
def test_every_route_is_refused_in_one_sentence(
    service: TestClient, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    for method, path in PATHS:
        response = service.request(method, path)
        assert response.status_code == 403, path
        assert response.json()["message"] == "Set up and Settings are switched off on this dashboard."
    assert service.get(HEALTH).status_code == 200


def test_behind_a_proxy_they_are_there_if_somebody_wants_it(
    service: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HOSTS", "prflow.example.com")
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_SETTINGS", "true")
    assert "no team acme" in service.delete("/teams/acme/token").json()["message"]
