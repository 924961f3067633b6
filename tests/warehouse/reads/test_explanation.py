"""How a pull request is named, and which team is asked about."""

import json

import pytest

from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, UnknownTeam
from warehouse.reads.explanation import Cause, PullRequestReference, explain_pull_request, parse_reference

WEB_7 = PullRequestReference("acme", "web.js", 7)


@pytest.mark.parametrize(
    "text",
    [
        "acme/web.js#7",
        "  acme/web.js#7 ",
        "acme/web.js/pull/7",
        "https://github.com/acme/web.js/pull/7",
        "http://github.corp.test:8080/acme/web.js/pull/7/files?w=1#diff-1",
        "https://github.com/acme/web.js/pull/7#issuecomment-1",
    ],
)
def test_a_pull_request_is_named_by_number_or_by_address(text: str) -> None:
    assert parse_reference(text) == WEB_7


@pytest.mark.parametrize(
    "text",
    ["", "web#7", "acme/web", "acme/web#", "acme/web#x", "acme/web#9999999999", "acme/web#٧", "acme/a b#7",
     "https://github.com/acme/web/issues/7", "acme/web#7; DROP TABLE teams", "acme/web#7\nx"],
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadArgument, match="Invalid pull request") as caught:
        parse_reference(text)
    assert "https://github.com/OWNER/NAME/pull/N" in caught.value.hint


def test_the_team_is_the_one_that_follows_the_repository_whoever_owns_it(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("INSERT INTO teams (team_id, status) VALUES ('acme', 'complete'), ('zoo', 'complete')")
        cursor.execute(
            "INSERT INTO repositories (id, team_id, full_name, is_followed) "
            "VALUES ('R_1', 'zoo', 'Acme/Web.js', true), ('R_2', 'acme', 'acme/web.js', false)"
        )
    assert explain_pull_request(warehouse, WEB_7).team_id == "zoo"
    assert explain_pull_request(warehouse, PullRequestReference("ACME", "other", 1)).team_id == "acme"
    assert explain_pull_request(warehouse, WEB_7, "acme").team_id == "acme"
    for team in (None, "nobody"):
        with pytest.raises(UnknownTeam, match="There is no team nobody"):
            explain_pull_request(warehouse, PullRequestReference("nobody", "web", 1), team)


def test_an_explanation_as_json_has_its_steps_in_order(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("INSERT INTO teams (team_id) VALUES ('acme')")
    facts = json.loads(json.dumps(explain_pull_request(warehouse, WEB_7).to_json()))
    assert (facts["pull_request"], facts["is_shown"], facts["cause"]) == ("acme/web.js#7", False, "not_followed")
    assert [step["state"] for step in facts["steps"]] == ["stopped", *["not_reached"] * 5]
    assert facts["last_run"] == "Nothing has run for this team yet."


def test_a_repository_of_which_nothing_was_ever_listed_has_no_deletions_either(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("INSERT INTO teams (team_id, status) VALUES ('acme', 'complete')")
        cursor.execute(
            "INSERT INTO repositories (id, team_id, full_name, is_followed, last_sync_at) "
            "VALUES ('R_1', 'acme', 'acme/web.js', true, now())"
        )
    assert explain_pull_request(warehouse, WEB_7).cause is Cause.NEVER_LISTED
