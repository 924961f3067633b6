"""What is read of a warehouse for the metrics of one team."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.metrics.facts import COLUMNS
from warehouse.read_facts import facts_schema, read_facts
from warehouse.store import Merge, commit
from warehouse.windows import Phase

NOON = datetime(2026, 8, 3, 12, tzinfo=UTC)


def merge(name: str, *rows: dict[str, object]) -> Merge:
    """Merge the rows with just the columns that they name."""
    table = schema.metadata.tables[name]
    return Merge(table, schema.frame(table, rows, columns=rows[0]))


@pytest.fixture
def two_teams(warehouse: Warehouse) -> Warehouse:
    """Teams `acme` (a followed and an unfollowed repository) and `other`, a pull request in each."""
    followed = {"R1": ("acme", True), "R2": ("acme", False), "R3": ("other", True)}
    commit(
        warehouse,
        merge("teams", {"team_id": "acme", "timezone": None}, {"team_id": "other", "timezone": "Asia/Tokyo"}),
        merge(
            "repositories",
            *({"id": key, "team_id": team, "is_followed": yes} for key, (team, yes) in followed.items()),
        ),
        merge(
            "pull_requests",
            *(
                {"id": f"P{key}", "team_id": team, "repository_id": key, "body": "A long story", "updated_at": NOON}
                for key, (team, _) in followed.items()
            ),
        ),
        merge(
            "comments",
            *(
                {
                    "id": f"C{key}",
                    "team_id": team,
                    "pull_request_id": f"P{key}",
                    "author_login": "bob",
                    "created_at": NOON,
                }
                for key, (team, _) in followed.items()
            ),
        ),
    )
    return warehouse


def test_only_the_followed_repositories_of_the_team_are_read(two_teams: Warehouse) -> None:
    facts = read_facts(two_teams, "acme")
    assert facts.repositories["id"].to_list() == ["R1"]
    assert facts.pull_requests["id"].to_list() == ["PR1"]
    assert facts.comments["pull_request_id"].to_list() == ["PR1"]


def test_deployments_are_read_whether_jira_is_on_or_off(two_teams: Warehouse) -> None:
    row = {"id": "D1", "team_id": "acme", "repository_id": "R1", "environment": "production", "created_at": NOON}
    commit(two_teams, merge("deployments", row))
    facts = read_facts(two_teams, "acme")
    assert (facts.has_issues, facts.deployments["id"].to_list()) == (False, ["D1"])


def test_every_frame_has_the_columns_and_types_of_facts(two_teams: Warehouse) -> None:
    facts = read_facts(two_teams, "acme")
    for name in COLUMNS:
        assert dict(getattr(facts, name).schema) == facts_schema(name)


def test_weeks_are_in_utc_unless_the_team_chose_a_zone(two_teams: Warehouse) -> None:
    assert read_facts(two_teams, "acme").timezone == "UTC"
    assert read_facts(two_teams, "other").timezone == "Asia/Tokyo"


def test_an_unknown_team_is_an_error_not_an_empty_result(warehouse: Warehouse) -> None:
    with pytest.raises(UnknownTeam, match="nobody"):
        read_facts(warehouse, "nobody")


@pytest.mark.parametrize(
    "body", ["Reverts acme/api#7\n\nIt broke.", "It broke.\r\n  reverts  #7", "Reverts\tacme/api#7", "Reverts #7"]
)
def test_a_body_is_read_only_where_it_speaks_of_a_revert(two_teams: Warehouse, body: str) -> None:
    commit(two_teams, merge("pull_requests", {"id": "PR1", "body": body, "updated_at": NOON}))
    assert read_facts(two_teams, "acme").pull_requests["body"].to_list() == [body]
    assert read_facts(two_teams, "other").pull_requests["body"].to_list() == [None]


def test_of_a_review_only_whether_it_said_something_is_read(two_teams: Warehouse) -> None:
    rows = [("V1", "Looks good"), ("V2", "  "), ("V3", ""), ("V4", None)]
    commit(
        two_teams,
        merge(
            "reviews", *({"id": key, "team_id": "acme", "pull_request_id": "PR1", "body": body} for key, body in rows)
        ),
    )
    reviews = read_facts(two_teams, "acme").reviews.sort("id")
    assert reviews["body"].to_list() == ["said", None, None, None]


def test_what_was_not_fetched_is_known_until_a_later_run_fetches_it(two_teams: Warehouse) -> None:
    item = {"team_id": "acme", "repository_id": "R1", "phase": Phase.RECENT, "state": "failed"}
    seen = NOON + timedelta(hours=1)
    commit(two_teams, merge("sync_items", {**item, "pull_request_id": "PR1", "updated_at": seen}))
    assert read_facts(two_teams, "acme").sync_items["updated_at"].to_list() == [seen]
    commit(two_teams, merge("pull_requests", {"id": "PR1", "updated_at": seen}))
    assert read_facts(two_teams, "acme").sync_items.is_empty()
