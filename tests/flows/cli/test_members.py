"""`prflow members` as a person uses it, against a simulated GitHub."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.server import Running
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def begin(warehouse: Warehouse, flow: str = "onboarding", phase: Phase = Phase.RECENT, run_id: str = "run-1") -> Run:
    found = Run(run_id=run_id, team_id="acme", flow=flow, phase=phase, as_of=T, window=Window(T - timedelta(days=30)))
    start_run(warehouse, found, T)
    return found


def test_members_come_with_roles_and_teams_and_are_kept_for_a_team_that_is_known(
    github: Running, run: Any, warehouse: Warehouse
) -> None:
    code, said, _ = run("members", "acme")
    assert code == 0
    assert said.index("ann") < said.index("bob")
    assert "Ann [b]x[/b]" in said
    assert "2 members, 1 of them administrators; 1 teams." in said
    assert warehouse.read("SELECT * FROM team_members").is_empty()
    begin(warehouse)
    facts = json.loads(run("members", "acme", "--json")[1])
    assert {row["login"]: (row["role"], row["teams"]) for row in facts["members"]} == {
        "ann": ("ADMIN", ["core"]),
        "bob": ("MEMBER", []),
    }
    assert warehouse.read("SELECT count(*) FROM team_members").item() == 2


def test_a_token_that_may_not_see_the_members_is_told_the_scope_it_lacks(github: Running, run: Any) -> None:
    github.faults.add(Fault(Kind.SCOPES, operation="Members"))
    code, said, error = run("members", "acme")
    assert (code, said) == (1, "")
    assert "read:org" in error
    assert "acme is a user" not in error


def test_a_user_has_no_members(github: Running, run: Any) -> None:
    code, _, error = run("members", "someone")
    assert code == 1
    assert "someone is a user; only organisations have members." in error
