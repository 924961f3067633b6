"""Accounts are known by id: logins change, differ in case, and are taken over by other people."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.store import records
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from warehouse.accounts import Verdict, decide
from warehouse.connection import Warehouse
from warehouse.identity.logins import NAMED_COLUMNS
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.life.reviews import compute_reviews
from warehouse.progress import Run
from warehouse.read_facts import read_facts
from warehouse.schema import metadata
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Begin = Callable[..., Run]
TEAM = "acme"


def review(simulated: "Simulated", number: int, login: str, hours: float = 1) -> None:
    """Approve a pull request some hours before now, and touch it so that a sync finds it."""
    acme, at = simulated.organisation, records.iso((simulated.clock.at - timedelta(hours=hours)).timestamp())
    made = records.review(f"PRR_{number}_{login}_{at}", acme.account(login), at, "APPROVED")
    reviews = [*acme.pull_request("acme/one", number)["reviews"], made]
    acme.edit("acme/one", number, reviews=reviews, updatedAt=at)


def next_night(simulated: "Simulated", warehouse: Warehouse, start: Begin, *, is_weekly: bool = False) -> None:
    run = start(3, phase=Phase.INCREMENTAL, run_id=f"night-{simulated.clock.at:%d}", as_of=simulated.clock.at)
    scope = Scope(is_refetch=is_weekly)
    simulated.ask(lambda github: ingest(github, warehouse, run, scope=scope))


def reviewers(warehouse: Warehouse, as_of: datetime) -> int:
    """Count the distinct people who review, as the metrics do."""
    facts = read_facts(warehouse, TEAM)
    reviews = compute_reviews(facts, compute_pull_request_metrics(facts, as_of))
    return reviews["reviewer_id"].n_unique()


@pytest.fixture
def reviewed(simulated: "Simulated", warehouse: Warehouse, start: Begin) -> "Simulated":
    """`acme/one`, of which bob approved numbers 1 and 2, ingested yesterday."""
    review(simulated, 1, "bob", 3)
    review(simulated, 2, "bob", 2)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    simulated.clock.at += timedelta(days=1)
    return simulated


def test_ids_and_database_ids_of_all_accounts_are_stored(reviewed: "Simulated", warehouse: Warehouse) -> None:
    ann, bob = (reviewed.organisation.account(name) or {} for name in ("ann", "bob"))
    found = warehouse.read("SELECT id, database_id, login, kind, gone_at FROM accounts ORDER BY login").rows()
    assert found == [(one["id"], one["databaseId"], one["login"], "User", None) for one in (ann, bob)]
    assert warehouse.read("SELECT DISTINCT author_login, author_id FROM reviews").rows() == [("bob", bob["id"])]
    assert warehouse.read("SELECT login, account_id FROM people ORDER BY ALL").rows() == [
        ("ann", ann["id"]),
        ("bob", bob["id"]),
    ]


def test_a_renamed_account_stays_one_person_under_its_new_login(
    reviewed: "Simulated", warehouse: Warehouse, start: Begin
) -> None:
    bob = reviewed.organisation.rename_account("bob", "robert")
    review(reviewed, 3, "robert")
    next_night(reviewed, warehouse, start)
    assert reviewers(warehouse, reviewed.clock.at) == 1
    assert set(warehouse.read("SELECT author_login FROM reviews")["author_login"]) == {"robert"}
    logins = warehouse.read(
        "SELECT account_id, login, until IS NULL FROM account_logins WHERE account_id = ?", [bob["id"]]
    )
    assert sorted(logins.rows()) == [(bob["id"], "bob", False), (bob["id"], "robert", True)]


def test_who_takes_over_a_login_is_another_person(reviewed: "Simulated", warehouse: Warehouse, start: Begin) -> None:
    first = reviewed.organisation.rename_account("bob", "robert")
    second = reviewed.organisation.add_account(records.actor("User", 99, "bob"))
    review(reviewed, 3, "bob")
    review(reviewed, 3, "robert")
    next_night(reviewed, warehouse, start)
    assert reviewers(warehouse, reviewed.clock.at) == 2
    rows = warehouse.read("SELECT author_id, author_login, count(*) AS n FROM reviews GROUP BY ALL").rows()
    assert sorted(rows) == sorted([(first["id"], "robert", 3), (second["id"], "bob", 1)])


def test_a_login_that_changes_its_case_is_the_same_person(
    reviewed: "Simulated", warehouse: Warehouse, start: Begin
) -> None:
    reviewed.organisation.rename_account("bob", "Bob")
    review(reviewed, 3, "Bob")
    next_night(reviewed, warehouse, start)
    assert reviewers(warehouse, reviewed.clock.at) == 1
    assert set(warehouse.read("SELECT author_login FROM reviews")["author_login"]) == {"Bob"}


def test_what_a_person_decided_of_an_account_follows_it_and_not_its_login(
    reviewed: "Simulated", warehouse: Warehouse, start: Begin
) -> None:
    decide(warehouse, TEAM, ["bob"], Verdict.BOT, reviewed.clock.at)
    reviewed.organisation.rename_account("bob", "robert")
    reviewed.organisation.add_account(records.actor("User", 99, "bob"))
    review(reviewed, 3, "bob")
    review(reviewed, 3, "robert")
    next_night(reviewed, warehouse, start)
    people = warehouse.read("SELECT login, is_bot FROM people WHERE login <> 'ann' ORDER BY login").rows()
    assert people == [("bob", False), ("robert", True)]
    assert reviewers(warehouse, reviewed.clock.at) == 1


def test_lists_of_logins_follow_too(simulated: "Simulated", warehouse: Warehouse, start: Begin) -> None:
    acme = simulated.organisation
    ann, bob = acme.account("ann"), acme.account("bob")
    requests = [records.review_request("RR_1", bob), records.review_request("RR_2", ann)] if ann and bob else []
    acme.edit("acme/one", 1, assignees=[ann, bob], reviewRequests=requests)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    simulated.clock.at += timedelta(days=1)
    acme.rename_account("bob", "robert")
    acme.comment("acme/one", 2, "robert", records.iso(simulated.clock.seconds() - 60), "Hello")
    next_night(simulated, warehouse, start)
    row = warehouse.read_one("SELECT assignees, requested_reviewers FROM pull_requests WHERE number = 1") or {}
    assert (row["assignees"], row["requested_reviewers"]) == (["ann", "robert"], ["robert", "ann"])


def test_a_quiet_account_that_was_renamed_is_followed_once_a_week_for_a_point_per_hundred(
    reviewed: "Simulated", warehouse: Warehouse, start: Begin
) -> None:
    reviewed.organisation.rename_account("bob", "robert")
    next_night(reviewed, warehouse, start)
    assert set(warehouse.read("SELECT author_login FROM reviews")["author_login"]) == {"bob"}, "not seen since"
    next_night(reviewed, warehouse, start, is_weekly=True)
    assert set(warehouse.read("SELECT author_login FROM reviews")["author_login"]) == {"robert"}
    assert reviewed.asked()["Accounts"] == 1


def test_who_was_renamed_and_not_seen_since_is_looked_up_as_soon_as_the_login_is_anothers(
    reviewed: "Simulated", warehouse: Warehouse, start: Begin
) -> None:
    reviewed.organisation.rename_account("bob", "robert")
    reviewed.organisation.add_account(records.actor("User", 99, "bob"))
    review(reviewed, 3, "bob")
    next_night(reviewed, warehouse, start)
    assert warehouse.read("SELECT author_login, count(*) AS n FROM reviews GROUP BY ALL ORDER BY ALL").rows() == [
        ("bob", 1),
        ("robert", 2),
    ]


def test_the_reviews_of_a_deleted_account_stay_its_own_whoever_has_its_login(
    reviewed: "Simulated", warehouse: Warehouse, start: Begin
) -> None:
    reviewed.organisation.delete_account("bob")
    reviewed.organisation.add_account(records.actor("User", 99, "bob"))
    review(reviewed, 3, "bob")
    next_night(reviewed, warehouse, start)
    assert reviewers(warehouse, reviewed.clock.at) == 2
    gone = warehouse.read("SELECT database_id, gone_at IS NULL FROM accounts WHERE login = 'bob' ORDER BY ALL").rows()
    assert gone == [(4, False), (99, True)]
    next_night(reviewed, warehouse, start)
    assert reviewed.asked()["Accounts"] == 1, "asked once"


def test_every_column_with_a_login_has_one_with_the_id_beside_it() -> None:
    """Logins of other kinds: those of owners, of tokens (written anew each time), of history, and computed ones.

    The subject of a judged reading is no login, nor is that of a row that was said earlier.
    """
    computed = {"pull_request_metrics", "turns", "reading_checks", "earlier_rows"}
    others = {"teams", "accounts", "account_logins", "github_tokens"} | computed
    named = {(column.table, column.login) for column in NAMED_COLUMNS}
    declared = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if (column.name.endswith("login") or column.name in {"assignees", "requested_reviewers", "subject"})
        and table.name not in others
    }
    assert named == declared
    for column in NAMED_COLUMNS:
        assert {column.login, column.id} <= set(metadata.tables[column.table].columns.keys())
