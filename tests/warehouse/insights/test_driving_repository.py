"""The repository without which the rise would be gone."""

from tests.warehouse.insights.team import Habit, look, make_team
from warehouse.insights import driving_repository


def test_the_repository_that_makes_the_team_slower_is_named_with_the_rest_beside_it() -> None:
    team = make_team(Habit("api", prs=9, pickup=5, later=30), Habit("web", prs=5, pickup=5, later=5))
    [finding] = driving_repository.find(look(team))
    assert finding.title == (
        "Most of the longer wait for review is in acme/api: typically 30 hours there, up from 5 hours."
    )
    assert finding.detail == (
        "Median of 36 pull requests there, against 36 before. The rest of the team went from 5 hours (of 20) to 5 "
        "hours (of 20). For the same repositories and authors: +511 % (95 % interval +497 to +525 %)."
    )
    assert (finding.scope, finding.scope_id) == ("repository", "api")
    assert len(finding.pull_request_ids) == 20


def test_where_all_repositories_slowed_none_drives_it() -> None:
    team = make_team(Habit("api", prs=5, pickup=5, later=20), Habit("web", prs=5, pickup=5, later=20))
    assert driving_repository.find(look(team)) == []


def test_a_team_of_one_repository_has_no_rest_to_compare_with() -> None:
    assert driving_repository.find(look(make_team(Habit("api", prs=5, pickup=5, later=20)))) == []
