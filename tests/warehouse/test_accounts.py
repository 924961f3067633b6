"""Who counts as a bot: the rules propose, a person decides, and the decision stays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.reading.rows import BotAccount, make_rows
from tasks.github.ingestion.changes import accounts_to_changes
from tasks.github.pull_requests.accounts import NamedAccounts, Participant
from tasks.measure import write_metrics
from tests.tasks.stored_team import RUN, store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse import schema
from warehouse.accounts import UnknownAccount, Verdict, change_proposals, decide
from warehouse.connection import Warehouse
from warehouse.metrics.accounts.people import compute_accounts, find_suspected_bots
from warehouse.read_facts import read_facts
from warehouse.reads.bots import read_bots
from warehouse.store import Merge, commit

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
NUMBERS = range(1, 11)
QUICK = make_facts(
    pull_requests="pr | by | opened\n" + "\n".join(f"{number} | ann | Mon 09:00" for number in NUMBERS),
    comments="pr | by | at\n" + "\n".join(f"{number} | acme-qa | Mon 09:00" for number in NUMBERS),
    people="""
        login   | is_bot
        ann     | no
        acme-qa | no
        bors    | yes
    """,
)


@pytest.fixture
def team(warehouse: Warehouse) -> Warehouse:
    """Acme's accounts, among them acme-qa: of type User, and answers everything at once."""
    rows = [
        {"team_id": "acme", "kind": "User", **row}
        for row in QUICK.people.select("account_id", "login", "is_bot").to_dicts()
    ]
    commit(warehouse, Merge(schema.people, schema.frame(schema.people, rows, rows[0])))
    commit(warehouse, change_proposals(warehouse, "acme", find_suspected_bots(QUICK)))
    return warehouse


def row_of(warehouse: Warehouse, login: str) -> dict[str, object]:
    sql = "SELECT is_bot, bot_reason, quick_answers_share, decided_at FROM people WHERE login = ?"
    return warehouse.read_one(sql, [login]) or {}


def test_an_account_that_answers_at_once_is_proposed_and_still_a_human(team: Warehouse) -> None:
    assert row_of(team, "acme-qa") == {
        "is_bot": False, "bot_reason": None, "quick_answers_share": 1.0, "decided_at": None,
    }  # fmt: skip
    assert row_of(team, "ann")["quick_answers_share"] is None
    listed = read_bots(team, "acme").select("login", "is_bot", "is_agent").rows()
    assert listed == [("acme-qa", False, False), ("bors", True, False)]


def test_a_bot_that_opens_pull_requests_as_an_agent_is_listed_as_one(team: Warehouse) -> None:
    """Its pull requests count in the metrics, so a page that calls it a bot and no more would contradict them."""
    bors = team.read_one("SELECT account_id FROM people WHERE login = 'bors'") or {}
    row = {"team_id": "acme", "pull_request_id": "PR_1", "author_id": bors["account_id"], "author_lane": "agent"}
    commit(team, Merge(schema.pull_request_metrics, schema.frame(schema.pull_request_metrics, [row], row)))
    listed = make_rows(BotAccount, read_bots(team, "acme"))
    assert [account.counts_as for account in listed] == ["human", "coding agent"]


def test_a_confirmed_proposal_is_a_bot_by_behaviour(team: Warehouse) -> None:
    decide(team, "acme", ["Acme-QA"], Verdict.BOT, NOW)
    row = row_of(team, "acme-qa")
    assert (row["is_bot"], row["bot_reason"], row["decided_at"]) == (True, "behaviour", NOW)


def test_a_refused_proposal_is_a_human_and_not_proposed_again(team: Warehouse) -> None:
    decide(team, "acme", ["acme-qa"], Verdict.HUMAN, NOW)
    commit(team, change_proposals(team, "acme", find_suspected_bots(QUICK)))
    row = row_of(team, "acme-qa")
    assert (row["is_bot"], row["bot_reason"], row["decided_at"]) == (False, None, NOW)
    assert row["quick_answers_share"] is None


def test_a_person_overrules_the_list_and_takes_it_back(team: Warehouse) -> None:
    decide(team, "acme", ["bors", "ann"], Verdict.HUMAN, NOW)
    assert row_of(team, "bors")["is_bot"] is False
    decide(team, "acme", ["bors", "ann"], Verdict.BY_RULES, NOW)
    assert (row_of(team, "bors")["bot_reason"], row_of(team, "bors")["decided_at"]) == ("list", None)
    assert row_of(team, "ann")["is_bot"] is False


def test_whoever_is_called_a_bot_without_a_rule_is_one_by_a_person(team: Warehouse) -> None:
    decide(team, "acme", ["ann"], Verdict.BOT, NOW)
    assert row_of(team, "ann")["bot_reason"] == "person"


def test_a_sync_leaves_what_was_decided(team: Warehouse) -> None:
    decide(team, "acme", ["bors"], Verdict.HUMAN, NOW)
    known = set(team.read("SELECT account_id FROM people WHERE team_id = 'acme'")["account_id"])
    named = NamedAccounts(participants={"@bors": Participant("bors", "User")})
    assert accounts_to_changes(named, "acme", known, {}, NOW) == []


def test_one_unknown_login_and_nothing_is_decided(team: Warehouse) -> None:
    with pytest.raises(UnknownAccount, match="No account nobody was seen"):
        decide(team, "acme", ["ann", "nobody"], Verdict.BOT, NOW)
    assert row_of(team, "ann")["is_bot"] is False


def test_a_proposal_ends_when_the_account_no_longer_behaves_so(team: Warehouse) -> None:
    slower = replace(QUICK, comments=QUICK.comments.with_columns(pl.col("created_at") + timedelta(minutes=5)))
    commit(team, change_proposals(team, "acme", find_suspected_bots(slower)))
    assert row_of(team, "acme-qa")["quick_answers_share"] is None


def test_the_stage_of_metrics_proposes_and_counts_a_confirmed_bot_as_one(warehouse: Warehouse) -> None:
    store(warehouse, QUICK)
    write_metrics(warehouse, RUN, AS_OF)
    assert row_of(warehouse, "acme-qa")["quick_answers_share"] == 1
    decide(warehouse, "acme", ["acme-qa"], Verdict.BOT, NOW)
    computed = compute_accounts(read_facts(warehouse, "acme")).select("login", "is_bot")
    accounts = dict(computed.iter_rows())
    assert accounts == {"ann": False, "acme-qa": True}
