"""The set-up service decides for itself who may change what, whatever a page has let through."""

import json
import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from dashboard.reading.admin import PERSON_HEADER, REFUSED
from flows.services.admin.server import ROUTES, TEAM_ROUTES, application
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit

LIST = """
[[allow]]
email = "viewer@example.com"
role = "viewer"

[[allow]]
group = "data"
role = "analyst"

[[allow]]
email = "admin@example.com"
role = "admin"
teams = ["acme"]

[[allow]]
email = "root@example.com"
role = "admin"
"""
OF_TEAM = [(method, path) for method, path, _ in TEAM_ROUTES]
OF_SET_UP = [(method, path) for method, path, _ in ROUTES]


@pytest.fixture
def service(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    home = warehouse.settings.home
    (home / "access.toml").write_text(LIST)
    monkeypatch.chdir(home)
    monkeypatch.setenv("PRFLOW_HOME", str(home))
    # As `prflow up` tells it: that people log in, and none of the secrets.
    monkeypatch.setenv("PRFLOW_LOGIN_METADATA_URL", "https://id.example.com/.well-known/openid-configuration")
    rows = [{"team_id": name, "login": name, "id": f"O_{name}"} for name in ("acme", "globex")]
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, rows, rows[0])))
    with TestClient(application(home, "key"), "http://127.0.0.1", headers={"Authorization": "Bearer key"}) as client:
        yield client


def _claims(email: str = "", **others: object) -> str:
    known = {"is_logged_in": True, "iat": int(time.time()), "email": email, "email_verified": True}
    return json.dumps(known | others)


def _is_refused(service: TestClient, method: str, path: str, claims: str | None) -> bool:
    headers = {} if claims is None else {PERSON_HEADER: claims}
    response = service.request(method, path, headers=headers)
    assert response.status_code != 500
    return response.status_code == 403 and response.json() == REFUSED.model_dump()


NO_ADMINS = [
    None,
    "",
    "{}",
    "[]",
    "no json",
    _claims("viewer@example.com"),
    _claims(groups=["data"]),
    _claims("stranger@example.com"),
    _claims("root@example.com", email_verified=False),
    _claims("root@example.com", is_logged_in=False),
    _claims("root@example.com", iat=1_700_000_000),
]


def test_nobody_but_admins_reaches_any_route(service: TestClient) -> None:
    for claims in NO_ADMINS:
        for method, path in [*OF_SET_UP, *((method, f"/teams/acme/{path}") for method, path in OF_TEAM)]:
            assert _is_refused(service, method, path, claims), (claims, method, path)


def test_an_admin_of_a_team_changes_that_team_and_sets_nothing_up(service: TestClient) -> None:
    claims = _claims("admin@example.com")
    for method, path in OF_SET_UP:
        assert _is_refused(service, method, path, claims), path
    for method, path in OF_TEAM:
        for team in ("globex", "GLOBEX", "nobody", "acme%2F..%2Fglobex"):
            response = service.request(method, f"/teams/{team}/{path}", headers={PERSON_HEADER: claims})
            assert response.status_code in (403, 404), (team, path)
    sent = {"timezone": "Europe/Berlin"}
    saved = service.post("/teams/Acme/choices", json=sent, headers={PERSON_HEADER: claims})
    assert saved.json()["words"].startswith("Saved.")


def test_an_admin_of_all_teams_may_do_everything(service: TestClient) -> None:
    claims = _claims("root@example.com")
    assert service.get("/set-up", headers={PERSON_HEADER: claims}).status_code == 200
    assert not _is_refused(service, "POST", "/teams/globex/choices", claims)


def test_a_list_that_cannot_be_read_lets_nobody_in(service: TestClient, warehouse: Warehouse) -> None:
    (warehouse.settings.home / "access.toml").write_text("allow = [")
    assert _is_refused(service, "GET", "/set-up", _claims("root@example.com"))
