"""Members of an organisation and of its teams, and what happens if the token may not see them."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from tasks.github.organisation.members import MembersSummary, sync_members
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Start = Callable[..., Run]


@pytest.fixture
def organised(simulated: "Simulated", start: Start) -> "Simulated":
    """`acme` with ann, its administrator, bob, and 250 more; the team `core` is ann and 120 of them."""
    organisation = simulated.organisation
    for login, role in (("ann", "ADMIN"), ("bob", "MEMBER")):
        account = organisation.account(login)
        assert account is not None
        organisation.add_member(account, role)
    crowd = [records.actor("User", 100 + place, f"dev-{place:03}", f"Dev {place}") for place in range(250)]
    for account in crowd:
        organisation.add_member(account)
    core = [organisation.memberships[0]["node"], *crowd[:120]]
    organisation.add_team(records.team(1, "Core", "core", organisation.owner, core))
    organisation.add_team(records.team(2, "Docs", "docs", organisation.owner, []))
    start()
    return simulated


def sync(simulated: "Simulated", warehouse: Warehouse) -> MembersSummary:
    return cast(MembersSummary, simulated.ask(lambda github: sync_members(github, warehouse, "acme", simulated.now)))


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.read(sql).rows()


def test_all_members_and_teams_come_with_their_roles(organised: "Simulated", warehouse: Warehouse) -> None:
    assert sync(organised, warehouse) == MembersSummary(252, 2)
    first = rows(warehouse, "SELECT team_id, login, role FROM team_members ORDER BY login LIMIT 3")
    assert first == [("acme", "ann", "ADMIN"), ("acme", "bob", "MEMBER"), ("acme", "dev-000", "MEMBER")]
    assert rows(warehouse, "SELECT count(DISTINCT id) FROM team_members") == [(252,)]
    teams = "SELECT slug, name, members_count FROM organisation_teams ORDER BY slug"
    assert rows(warehouse, teams) == [("core", "Core", 121), ("docs", "Docs", 0)]
    assert rows(warehouse, "SELECT count(DISTINCT login), min(login) FROM organisation_team_members") == [(121, "ann")]
    assert rows(warehouse, "SELECT members_read_at, members_error FROM teams") == [(organised.now, None)]
    assert organised.asked() == {"Members": 3, "Teams": 1, "MoreTeamMembers": 1}


def test_whoever_has_left_is_gone(organised: "Simulated", warehouse: Warehouse) -> None:
    sync(organised, warehouse)
    del organised.organisation.memberships[2:]
    organised.organisation.teams.pop(0)
    assert sync(organised, warehouse) == MembersSummary(2, 1)
    assert rows(warehouse, "SELECT count(*) FROM team_members") == [(2,)]
    assert rows(warehouse, "SELECT count(*) FROM organisation_team_members") == [(0,)]


def test_who_was_in_which_team_is_kept_with_the_time_that_prflow_saw(
    organised: "Simulated", warehouse: Warehouse
) -> None:
    sync(organised, warehouse)
    begun = organised.now
    core = organised.organisation.teams[0]["members"]
    gone = core.pop()["id"]
    core.append(organised.organisation.memberships[-1]["node"])
    later = begun + timedelta(days=3)
    for _ in range(2):
        organised.ask(lambda github: sync_members(github, warehouse, "acme", later))
    counted = "SELECT since, until, count(*) FROM team_memberships GROUP BY ALL ORDER BY ALL"
    assert rows(warehouse, counted) == [(begun, later, 1), (begun, None, 120), (later, None, 1)]
    assert rows(warehouse, "SELECT account_id FROM team_memberships WHERE until IS NOT NULL") == [(gone,)]


@pytest.mark.parametrize("kind", [Kind.SCOPES, Kind.SAML])
def test_a_token_that_may_not_see_them_is_told_so_in_words_and_what_was_known_stays(
    organised: "Simulated", warehouse: Warehouse, kind: Kind
) -> None:
    sync(organised, warehouse)
    organised.fail(Fault(kind, operation="Members"))
    summary = sync(organised, warehouse)
    assert "read:org" in (summary.error or "")
    assert rows(warehouse, "SELECT count(*) FROM team_members") == [(252,)]
    (row,) = rows(warehouse, "SELECT members_read_at, members_error FROM teams")
    assert row == (organised.now, summary.error)


def test_a_failure_of_githubs_is_said_too(organised: "Simulated", warehouse: Warehouse) -> None:
    organised.fail(Fault(Kind.SERVER_ERROR, operation="Teams", times=None))
    assert "HTTP 500" in (sync(organised, warehouse).error or "")
    assert rows(warehouse, "SELECT count(*) FROM team_members") == [(0,)]


def test_a_repository_that_was_renamed_is_the_same_one(
    organised: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    organised.discover(warehouse)
    organised.ingest(warehouse, start())
    organised.organisation.rename_repository("acme/one", "first")
    organised.ingest(warehouse, start(run_id="run-2"))
    names = "SELECT full_name, name, is_followed FROM repositories"
    assert rows(warehouse, names) == [("acme/first", "first", True)]
    organised.organisation.add_repository(
        records.repository(organised.organisation.owner, 77, "one", organised.ago(days=1))
    )
    organised.discover(warehouse)
    assert rows(warehouse, f"{names} ORDER BY name") == [("acme/first", "first", True), ("acme/one", "one", True)]
    assert rows(warehouse, "SELECT count(*), count(DISTINCT repository_id) FROM pull_requests") == [(3, 1)]


def test_a_repository_that_was_transferred_is_followed_to_its_new_owner(
    organised: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    organised.discover(warehouse)
    organised.ingest(warehouse, start())
    organised.organisation.transfer_repository("acme/one", "globex")
    at = organised.ago(minutes=5)
    organised.organisation.add("globex/one", at, "After the move", "ann")
    summary = organised.ingest(warehouse, start(days=0.5 / 24, phase=Phase.INCREMENTAL, run_id="run-2"))
    assert (summary.prs_total, summary.is_partial) == (1, False)
    assert rows(warehouse, "SELECT full_name, team_id, is_followed FROM repositories") == [("globex/one", "acme", True)]
    newest = rows(warehouse, "SELECT title, team_id FROM pull_requests ORDER BY updated_at DESC LIMIT 1")
    assert newest == [("After the move", "acme")]
    assert organised.now - timedelta(minutes=5) == warehouse.read("SELECT max(created_at) FROM pull_requests").item()
