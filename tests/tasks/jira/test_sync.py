"""What a reading of Jira leaves in the warehouse, against a simulated Jira over HTTP."""

from datetime import timedelta

import pytest

from simulators.jira.world import DONE, IN_PROGRESS, STATUSES, TYPES, SimIssue
from tasks.jira import sync
from tasks.jira.keys import Site
from tasks.jira.links import link_pull_requests
from tests.tasks.jira.conftest import MakeTeam, Team, at, both, night
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Delete, Merge, commit

CATEGORIES = {"new": "to_do", "indeterminate": "in_progress", "done": "done"}


def truth(team: Team, keys: set[str]) -> list[tuple[object, ...]]:
    """Return what the simulator has of these issues, as jira_issues has it."""
    return sorted(_row(one) for one in team.world.issues.values() if one.key in keys)


def _row(one: SimIssue) -> tuple[object, ...]:
    status, category = STATUSES[one.status]
    started = next((change.at for change in one.changes if change.after == IN_PROGRESS), None)
    names = (one.id, one.key, one.type, TYPES[one.type][0], one.summary[:500], status, CATEGORIES[category])
    return (*names, one.created, one.updated, one.resolved, started)


ISSUE = ("id", "key", "issue_type", "level", "summary", "status", "status_category")
TIMES = ("created_at", "updated_at", "resolved_at", "started_at")


def stored(team: Team) -> list[tuple[object, ...]]:
    return team.rows("jira_issues", *ISSUE, *TIMES)


def content(team: Team) -> dict[str, list[tuple[object, ...]]]:
    """Return all that readings leave, without when they were."""
    return {
        "issues": team.rows("jira_issues", *ISSUE, *TIMES, "epic_id", "parent_id", "parent_key", "state"),
        "transitions": team.rows("jira_transitions", "issue_id", "id", "changed_at", "from_category", "to_category"),
        "links": team.rows("jira_links", "pull_request_id", "issue_key", "found_in", "rank", "issue_id", "state"),
    }


def test_the_tables_hold_what_jira_holds_of_the_issues_that_are_named_and_their_parents(make_team: MakeTeam) -> None:
    for team in both(make_team, page_size=2):
        team.add_pull_request(1, "SHOP-3: the button", head_ref="pay-1-rounding")
        names = ["'); DROP TABLE teams; --", "=HYPERLINK(1)", "<script>alert(1)</script>", "\u202egnp.exe", "x" * 5_000]
        for number, name in enumerate(names, 2):
            issue = team.world.add_issue("PAY", "Task", name, at(10))
            team.world.set_status(issue, IN_PROGRESS, at(11))
            team.world.set_status(issue, DONE, at(12))
            team.add_pull_request(number, f"{issue.key}: task")
        assert team.read().error is None
        keys = {"SHOP-1", "SHOP-2", "SHOP-3", *(f"PAY-{number}" for number in range(1, 7))}
        assert stored(team) == truth(team, keys)
        epics = {key: epic for key, epic in team.rows("jira_issues", "key", "epic_id") if epic}
        assert epics == dict.fromkeys(["SHOP-1", "SHOP-2", "SHOP-3"], "10001")
        assert team.rows("jira_links", "issue_key", "found_in", "rank", "issue_id", "state")[-1] == (
            *("SHOP-3", "title", 1, "10003", "found"),
        )
        assert ("PAY-1", "branch", 2) in team.rows("jira_links", "issue_key", "found_in", "rank")
        moves = team.rows("jira_transitions", "changed_at", "from_status", "from_category", "to_status", "to_category")
        assert (at(6), "To Do", "to_do", "In Progress", "in_progress") in moves
        assert (at(8), "In Review", "in_progress", "Done", "done") in moves
        assert len(moves) == 6 + 2 * len(names)  # the change of a summary is no change of a status
        quiet = team.read(night(1))
        assert (quiet.issues_count, quiet.gone_count) == (0, 0)


def change_much(team: Team) -> None:
    """Let an issue begin, one move, one be deleted, one be hidden; a pull request drops its key, one is new."""
    bugs = {
        name: team.world.find(f"PAY-{number}") for number, name in enumerate(("begun", "moved", "gone", "hidden"), 1)
    }
    begun, moved, gone, hidden = (bug for bug in bugs.values() if bug is not None)
    team.world.set_status(begun, IN_PROGRESS, night(0) + timedelta(hours=1))
    team.world.move(moved, "SHOP", night(0) + timedelta(hours=2))
    team.world.delete(gone)
    hidden.is_private = True
    team.add_pull_request(5, "SHOP-3, no longer SHOP-2", fetched_at=night(1))
    team.add_pull_request(6, "PAY-1 and PAY-5, and PAY-2 in its old words", fetched_at=night(1))
    team.add_pull_request(7, "PAY-99 is of nobody", fetched_at=night(1))


def test_a_night_sees_what_changed_moved_was_deleted_or_hidden(make_team: MakeTeam) -> None:
    for team in both(make_team):
        for name in "bcde":
            team.world.add_issue("PAY", "Bug", f"Bug {name}", at(9))
        for number in range(1, 5):
            team.add_pull_request(number, f"PAY-{number}")
        team.add_pull_request(5, "SHOP-2")
        team.read()
        change_much(team)
        summary = team.read(night(1))
        assert (summary.error, summary.gone_count) == (None, 2)
        is_cloud = team.running.simulator.is_cloud
        gone = ("missing", "missing") if is_cloud else ("deleted", "private")
        states = {key: (state, name) for key, state, name in team.rows("jira_issues", "key", "state", "summary")}
        assert states["PAY-3"] == (gone[0], None)
        assert states["PAY-4"] == (gone[1], None)
        assert states["SHOP-4"] == ("present", "Bug b")
        links = {key: (id_, state) for key, id_, state in team.rows("jira_links", "issue_key", "issue_id", "state")}
        assert links["PAY-2"] == ("10005", "found")
        assert links["PAY-99"] == (None, gone[0])
        assert ("PAY-1", "In Progress") in team.rows("jira_issues", "key", "status")
        present = [row for row in stored(team) if row[1] not in {"PAY-3", "PAY-4"}]
        assert present == truth(team, {"PAY-1", "SHOP-4", "PAY-5", "SHOP-1", "SHOP-2", "SHOP-3"})


def test_two_nights_leave_what_one_reading_of_all_leaves(make_team: MakeTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above MAX_ROLL_CALL a search finds what changed; the zone of the account must not matter to it."""
    monkeypatch.setattr(sync, "MAX_ROLL_CALL", 0)
    for team in both(make_team, timezone="Pacific/Honolulu"):
        team.add_pull_request(1, "SHOP-3")
        team.add_pull_request(2, "PAY-1")
        team.read()
        bug = team.world.find("PAY-1")
        assert bug is not None
        team.world.set_status(bug, IN_PROGRESS, night(0) + timedelta(seconds=20))
        team.add_pull_request(2, "no longer", fetched_at=night(1))
        team.add_pull_request(3, "PAY-1 and SHOP-2", fetched_at=night(1))
        assert team.read(night(1)).error is None
        assert ("PAY-1", "In Progress") in team.rows("jira_issues", "key", "status")
        twice = content(team)
        for table in sync.TABLES:
            commit(team.warehouse, Delete(schema.metadata.tables[table], {"team_id": team.team_id}))
        team.read(night(1))
        assert content(team) == twice


def test_old_keys_lead_to_issues_that_moved_before(make_team: MakeTeam) -> None:
    for team in both(make_team):
        bugs = [team.world.add_issue("PAY", "Bug", f"Bug {n}", at(9)) for n in range(6)]
        old = [bug.key for bug in bugs]
        for bug in (bugs[1], bugs[4]):
            team.world.move(bug, "SHOP", at(10))
        team.world.rename_project("PAY", "MONEY")
        for number, key in enumerate([*old, bugs[4].key, "PAY-99"]):
            team.add_pull_request(number, key)
        team.read()
        links = dict(team.rows("jira_links", "issue_key", "issue_id"))
        moved = {bugs[4].key: bugs[4].id, "PAY-99": None}
        assert links == dict(zip(old, [bug.id for bug in bugs], strict=True)) | moved


def test_what_jira_did_not_return_is_asked_for_again_after_a_week(make_team: MakeTeam) -> None:
    team = make_team()
    bug = team.world.find("PAY-1")
    assert bug is not None
    bug.is_private = True
    team.add_pull_request(1, "PAY-1")
    team.read()
    assert team.rows("jira_links", "state", "issue_id") == [("missing", None)]
    bug.is_private = False
    team.read(night(1))
    assert team.rows("jira_links", "state") == [("missing",)]
    team.read(night(8))
    assert team.rows("jira_links", "state") == [("found",)]
    bug.is_private = True
    team.read(night(9))
    bug.is_private = False
    team.read(night(10))
    assert team.rows("jira_issues", "state", "summary") == [("present", "Rounding")]


def test_only_the_chosen_projects_are_looked_for(make_team: MakeTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_JIRA_PROJECTS", "pay, OTHER")
    team = make_team()
    team.add_pull_request(1, "PAY-1, SHOP-2 and OTHER-3")
    team.read()
    assert team.rows("jira_links", "issue_key", "state") == [("OTHER-3", "missing"), ("PAY-1", "found")]


def test_a_team_has_the_issues_of_its_own_pull_requests_alone(make_team: MakeTeam, warehouse: Warehouse) -> None:
    acme = make_team()
    other = Team(warehouse, acme.running, "initech")
    acme.add_pull_request(1, "PAY-1")
    other.add_pull_request(1, "SHOP-1")
    acme.read()
    before = content(acme)
    other.read()
    assert acme.rows("jira_issues", "key") == [("PAY-1",)]
    assert other.rows("jira_issues", "key") == [("SHOP-1",)]
    moved = make_team()  # another Jira, whose ids mean other issues
    moved.team_id = "initech"
    moved.world.delete(next(one for one in moved.world.issues.values() if one.key == "SHOP-1"))
    moved.read(night(1))
    assert moved.rows("jira_issues", "id") == []
    assert content(acme) == before


def test_commits_and_their_trailers_name_issues(warehouse: Warehouse) -> None:
    columns = {"id": "p", "team_id": "acme", "title": "no key", "fetched_at": night(0)}
    rows: list[dict[str, object]] = [
        {"team_id": "acme", "pull_request_id": "p", "oid": "a", "position": 0, "headline": "SHOP-2 begin"},
        {"team_id": "acme", "pull_request_id": "p", "oid": "b", "position": 1, "trailers": ["Refs: PAY-1"]},
    ]
    commit(
        warehouse,
        Merge(schema.pull_requests, schema.frame(schema.pull_requests, [columns], columns)),
        Merge(schema.commits, schema.frame(schema.commits, rows)),
    )
    assert link_pull_requests(warehouse, "acme", Site("https://acme.example", frozenset({"SHOP", "PAY"})), None) == 2
    links = warehouse.read("SELECT rank, issue_key, found_in FROM jira_links ORDER BY rank").rows()
    assert links == [(1, "SHOP-2", "commit"), (2, "PAY-1", "commit")]
