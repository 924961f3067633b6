"""A phase that slowed is said when it matters, is no accident, and the data are whole."""

import random

import polars as pl

from tests.warehouse.insights.team import Habit, look, make_team
from warehouse.insights import slowed_phase
from warehouse.insights.change import Change, measure_change


def test_a_longer_wait_for_review_is_said_with_both_medians_and_both_sizes() -> None:
    [finding] = slowed_phase.find(look(make_team(Habit("api", prs=5, pickup=5, later=14))))
    assert finding.title == "Pull requests wait longer for a first review: typically 14 hours, up from 5 hours."
    assert finding.detail == (
        "Median of 20 pull requests merged in the 4 weeks from that of 31 August to that of 21 September, against 20 "
        "merged in the 4 weeks from that of 3 August to that of 24 August. 20 of the 20 took longer than the earlier "
        "median."
    )
    assert (finding.metric, finding.scope, finding.scope_id) == ("pickup_p50_hours", "team", "acme")
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


def test_a_rise_is_clear_when_it_is_large_and_more_lie_above_the_old_median_than_chance_gives() -> None:
    def change(before: float, recent: float, n_above: int) -> Change:
        return Change(before=before, recent=recent, n_before=20, n_recent=20, n_above=n_above)

    assert change(10, 15, 16).is_clear_rise()
    assert not change(10, 15, 12).is_clear_rise()  # 12 of 20 above the median happens by chance
    assert not change(10, 12, 16).is_clear_rise()  # a fifth more
    assert not change(0.5, 1.0, 20).is_clear_rise()  # half an hour


def test_a_change_needs_enough_on_both_sides() -> None:
    few, enough = pl.Series([1.0] * 7), pl.Series([1.0] * 8)
    assert measure_change(few, enough) is None
    assert measure_change(enough, few) is None
    assert measure_change(enough, enough) == Change(1.0, 1.0, 8, 8, 0)


def test_a_steady_team_is_warned_of_in_few_of_many_looks() -> None:
    """Medians of skewed waits differ by chance: over 400 pairs of equal samples hardly any is called a rise."""
    draws = random.Random(2)

    def sample(n: int) -> pl.Series:
        return pl.Series([draws.lognormvariate(1.5, 1.2) for _ in range(n)])

    for before, recent in ((30, 15), (120, 60), (20, 40)):
        changes = [measure_change(sample(before), sample(recent)) for _ in range(400)]
        assert sum(change.is_clear_rise() for change in changes if change) / 400 < 0.075
        assert sum(change.is_clear_rise(looks=30) for change in changes if change) <= 3
