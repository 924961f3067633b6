"""A phase that takes less time is good news, said after everything that asks for something."""

from tests.warehouse.insights.team import AS_OF_LONG, LONG, Habit, look, make_team
from warehouse.insights import quicker_phase
from warehouse.insights.evidence import Evidence
from warehouse.insights.find import find_insights


def look_at(*habits: Habit) -> Evidence:
    return look(make_team(*habits, weeks=LONG), AS_OF_LONG)


def test_a_quicker_review_is_said_with_both_medians() -> None:
    [finding] = quicker_phase.find(look_at(Habit("api", prs=5, pickup=14, later=5)))
    assert finding.title == "Pull requests get their first review sooner: typically 5 hours, down from 14 hours."
    assert finding.severity == "good"
    assert (finding.scope, finding.scope_id) == ("team", "acme")
    assert len(finding.pull_request_ids) == 20


def test_one_repository_is_named_if_the_team_as_a_whole_is_no_quicker() -> None:
    evidence = look_at(Habit("api", prs=4, pickup=20, later=5), Habit("web", prs=14, pickup=20, later=20))
    [finding] = quicker_phase.find(evidence)
    assert finding.title.startswith("Pull requests get their first review sooner in acme/api: ")
    assert (finding.scope, finding.scope_id) == ("repository", "api")


def test_good_news_comes_last() -> None:
    evidence = look_at(Habit("api", prs=9, pickup=14, later=5), Habit("web", prs=9, pickup=5, later=40))
    assert find_insights(evidence)["severity"].to_list()[-1] == "good"


def test_a_slower_team_gives_no_finding() -> None:
    assert quicker_phase.find(look_at(Habit("api", prs=5, pickup=5, later=14))) == []


def test_eight_weeks_have_too_few_orders_for_good_news() -> None:
    assert quicker_phase.find(look(make_team(Habit("api", prs=5, pickup=14, later=5)))) == []
