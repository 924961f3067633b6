"""Events follow from what is stored, and every one has a receiver."""

import json
from datetime import timedelta

from tests.warehouse.events.rows import NOW, STALE, put, put_repositories, put_run, put_team
from warehouse.connection import Warehouse
from warehouse.events.find import find_events
from warehouse.events.kinds import EVENTS, Event, describe_payload
from warehouse.events.outbox import Address, note_events

HOUR = timedelta(hours=1)
NOBODY: list[Address] = []
LEAD = [Address("mail", "lead@example.com")]


def put_everything(warehouse: Warehouse) -> None:
    """Let every event happen: one team per story."""
    for team in ("acme", "broken", "stale"):
        put_team(warehouse, team)
    put_repositories(warehouse, "web")
    put_repositories(warehouse, "api", status="failed")
    item = {"pull_request_id": "PR_1", "phase": 1, "team_id": "acme", "repository_id": "R_web"}
    put(warehouse, "sync_items", item | {"state": "done", "run_id": "first"})
    left = {"llm_total": 9, "llm_left": 4, "llm_stopped": "Its daily quota is used up."}
    put_run(warehouse, "first", "completed", NOW - 3 * HOUR, "onboarding", **left)
    for place, state in enumerate(("failed", "crashed", "cancelled")):
        error = {"error": f"The run {state}.", "error_hint": "Retry."}
        put_run(warehouse, f"run-{state}", state, NOW - HOUR + place * timedelta(minutes=1), team_id="broken", **error)
    put_run(warehouse, "old", "completed", NOW - 30 * HOUR, team_id="stale")
    token = {"team_id": "acme", "place": 1, "name": "the first token", "expires_at": NOW + 48 * HOUR}
    put(warehouse, "github_tokens", token)
    insight = {"team_id": "acme", "severity": "warning", "title": "Reviews are slower.", "resolved_at": None}
    put(
        warehouse,
        "insights",
        insight | {"id": "acme:slow", "first_seen_at": NOW - HOUR},
        insight | {"id": "acme:gone", "first_seen_at": NOW - 900 * HOUR, "resolved_at": NOW - HOUR},
    )


def find(warehouse: Warehouse) -> list[Event]:
    return find_events(warehouse, NOW, STALE)


def test_every_event_is_found_stored_and_told_as_its_table_says(warehouse: Warehouse) -> None:
    put_everything(warehouse)
    found = find(warehouse)
    assert {type(event) for event in found} == set(EVENTS)
    assert note_events(warehouse, found, lambda _: LEAD, NOW) == found
    stored = warehouse.read("SELECT name, payload FROM events").rows()
    assert {name for name, _ in stored} == {kind.name for kind in EVENTS}
    by_name = {kind.name: kind for kind in EVENTS}
    for name, payload in stored:
        assert json.loads(payload).keys() == {"team", *(field for field, _, _ in describe_payload(by_name[name]))}
    kinds = {kind for (kind,) in warehouse.read("SELECT DISTINCT kind FROM messages").rows()}
    told = {kind for event in EVENTS for kind in event.told}
    assert kinds == told - {"history", "recovered", "digest"}, "those come of another story"


def test_an_event_is_noted_once_however_often_it_is_found(warehouse: Warehouse) -> None:
    put_everything(warehouse)
    note_events(warehouse, find(warehouse), lambda _: LEAD, NOW)
    messages = warehouse.read("SELECT count(*) AS n FROM messages")["n"].item()
    assert note_events(warehouse, find(warehouse), lambda _: LEAD, NOW + HOUR) == []
    assert warehouse.read("SELECT count(*) AS n FROM messages")["n"].item() == messages


def test_a_look_that_finds_nothing_new_writes_nothing(warehouse: Warehouse) -> None:
    put_team(warehouse)
    put_run(warehouse, "good", "completed", NOW - HOUR)
    note_events(warehouse, find(warehouse), lambda _: NOBODY, NOW)
    before = warehouse.snapshot_id()
    assert note_events(warehouse, find(warehouse), lambda _: NOBODY, NOW) == []
    assert warehouse.snapshot_id() == before


def test_the_payload_of_a_sync_names_what_failed(warehouse: Warehouse) -> None:
    put_everything(warehouse)
    [sync] = [event for event in find(warehouse) if event.name == "prflow.sync.completed" and event.team_id == "acme"]
    assert sync.payload() == {
        "team": "acme",
        "run_id": "first",
        "flow": "onboarding",
        "pull_requests": 1,
        "repositories": 2,
        "failed_count": 1,
        "failed_repositories": ["acme/api"],
        "unread": 4,
    }


def test_a_team_is_stale_only_if_it_is_expected_to_be_synced_and_nothing_is_at_work(warehouse: Warehouse) -> None:
    for team, columns in {
        "stale": {},
        "paused": {"is_paused": True},
        "fixed": {"is_as_of_fixed": True},
        "demo": {"is_simulated": True},
        "busy": {},
        "hung": {},
        "fresh": {},
    }.items():
        put_team(warehouse, team, **columns)
        put_run(warehouse, f"{team}-old", "completed", NOW - 27 * HOUR, team_id=team)
    put_run(warehouse, "at-work", "running", NOW - HOUR / 2, team_id="busy")
    put_run(warehouse, "hanging", "running", NOW - 5 * HOUR, team_id="hung")
    put_run(warehouse, "new", "partial", NOW - 25 * HOUR, team_id="fresh")
    put_team(warehouse, "new")
    stale = [event for event in find(warehouse) if event.name == "prflow.sync.stale"]
    assert sorted(event.team_id for event in stale) == ["hung", "stale"]


def test_what_happened_long_ago_and_what_the_demo_does_are_not_told(warehouse: Warehouse) -> None:
    put_team(warehouse, "demo", is_simulated=True)
    put_run(warehouse, "of-the-demo", "failed", NOW - HOUR, team_id="demo")
    put_team(warehouse)
    put_run(warehouse, "old", "failed", NOW - 100 * HOUR)
    assert find(warehouse) == []
