"""A repository that slowed while the team as a whole did not."""

import polars as pl

from tests.warehouse.insights.team import Habit, look, make_team
from warehouse.insights import slowed_phase, slowed_repository
from warehouse.insights.find import find_insights

STEADY = Habit("web", prs=14, pickup=5, later=5)


def test_a_repository_that_slowed_is_named_where_the_team_has_not() -> None:
    evidence = look(make_team(Habit("api", prs=5, pickup=5, later=20), STEADY))
    assert slowed_phase.find(evidence) == []
    [finding] = slowed_repository.find(evidence)
    assert finding.title == (
        "Pull requests wait longer for a first review in acme/api: typically 20 hours, up from 5 hours."
    )
    assert finding.detail.endswith("+311 % (95 % interval +301 to +321 %). The team as a whole has not clearly slowed.")
    assert (finding.scope, finding.scope_id, len(finding.pull_request_ids)) == ("repository", "api", 20)


def test_what_slowed_the_whole_team_is_said_of_the_team_alone() -> None:
    evidence = look(make_team(Habit("api", prs=9, pickup=5, later=30), Habit("web", prs=5, pickup=5, later=5)))
    assert slowed_phase.find(evidence) != []
    assert slowed_repository.find(evidence) == []


def test_a_rise_of_few_pull_requests_is_taken_for_chance() -> None:
    assert slowed_repository.find(look(make_team(Habit("api", prs=1, pickup=5, later=20), STEADY))) == []


def test_a_slowed_repository_is_said_before_what_only_waits() -> None:
    found = find_insights(look(make_team(Habit("api", prs=5, pickup=5, later=20), STEADY)))
    assert found["detector"].to_list()[0] == "slowed_repository"


def test_the_pull_requests_behind_it_are_those_of_the_repository() -> None:
    evidence = look(make_team(Habit("api", prs=4, pickup=5, later=20), STEADY))
    [finding] = slowed_repository.find(evidence)
    rows = evidence.pull_requests.filter(pl.col("pull_request_id").is_in(finding.pull_request_ids))
    assert (rows.height, set(rows["repository_id"])) == (16, {"api"})
