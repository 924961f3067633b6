"""A phase that slowed is said when it matters, is no accident, and the data are whole."""

import polars as pl

from tests.warehouse.insights.team import Habit, look, make_team
from warehouse.insights import slowed_phase


def test_a_longer_wait_for_review_is_said_with_both_medians_and_both_sizes() -> None:
    [finding] = slowed_phase.find(look(make_team(Habit("api", prs=5, pickup=5, later=14))))
    assert finding.title == "Pull requests wait longer for a first review: typically 14 hours, up from 5 hours."
    assert finding.detail == (
        "Median “Waiting for review” of 20 pull requests merged in the 4 weeks from 31 August to 27 September, against "
        "20 merged in the 4 weeks from 3 August to 30 August. 20 of the 20 took longer than the earlier "
        "median. For the same repositories and authors: +187 % (95 % interval +180 to +193 %)."
    )
    assert finding.shift is not None
    assert (finding.shift.metric.name, finding.scope, finding.scope_id) == ("pickup_p50_hours", "team", "acme")
    assert finding.severity == "warning"
    assert len(finding.pull_request_ids) == 20


def test_the_pull_requests_that_show_it_are_of_the_recent_weeks_longest_first() -> None:
    evidence = look(make_team(Habit("api", prs=5, pickup=5, later=14)))
    [finding] = slowed_phase.find(evidence)
    order = pl.DataFrame({"pull_request_id": finding.pull_request_ids})
    rows = order.join(evidence.pull_requests, on="pull_request_id", how="left", maintain_order="left")
    assert rows["merged_at"].min() >= evidence.recent[0].starts_at
    assert rows["pickup_hours"].is_sorted(descending=True)


def test_a_steady_team_gives_no_finding() -> None:
    assert slowed_phase.find(look(make_team(Habit("api", prs=5, pickup=5, later=5)))) == []


def test_a_quicker_team_gives_no_finding() -> None:
    assert slowed_phase.find(look(make_team(Habit("api", prs=5, pickup=14, later=5)))) == []


def test_too_few_pull_requests_give_no_finding_however_slow() -> None:
    assert slowed_phase.find(look(make_team(Habit("api", prs=1, pickup=5, later=90)))) == []


def test_incomplete_history_gives_no_finding() -> None:
    team = make_team(Habit("api", prs=5, pickup=5, later=14), history_from={"api": "Tue7 00:00"})
    assert slowed_phase.find(look(team)) == []


def test_a_repository_with_gaps_is_left_out_and_the_detail_says_so() -> None:
    team = make_team(
        Habit("api", prs=5, pickup=5, later=14),
        Habit("web", prs=5, pickup=5, later=60),
        history_from={"web": "Tue8 00:00"},
    )
    [finding] = slowed_phase.find(look(team))
    assert "typically 14 hours" in finding.title
    assert finding.detail.endswith("Without acme/web, whose data are not complete.")
