"""`prflow keys`: make, list and revoke keys of the API."""

import json
from typing import Any

import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.keys.api_keys import check_key
from warehouse.store import Merge, commit


def test_a_key_is_made_listed_and_revoked_and_nothing_of_it_shows_while_the_api_is_off(
    run: Any, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    team = {"team_id": "acme", "login": "acme", "status": "complete"}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [team], team)))
    assert "keys" not in run("--help")[1].lower()
    code, _, err = run("keys", "list")
    assert (code, "ENABLE_API_KEYS=true" in err) == (1, True)
    monkeypatch.setenv("ENABLE_API_KEYS", "true")
    assert run("keys", "add", "x", "--team", "nobody")[0] == 1
    code, out, _ = run("keys", "add", "grafana", "--team", "acme", "--json")
    made = json.loads(out)
    known = check_key(warehouse, made["key"])
    assert (code, known and known.team_id) == (0, "acme")
    code, out, _ = run("keys", "list")
    assert code == 0
    assert made["id"] in out
    assert made["key"].rpartition("_")[2] not in out
    assert run("keys", "revoke", made["id"])[0] == 0
    assert check_key(warehouse, made["key"]) is None
    assert run("keys", "revoke", "nothing")[0] == 1
