"""Each metric has an example that shows what counts, what does not, and what comes out."""

import pytest

from warehouse.metrics.explained.example import draw_table, make_example, say_result
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME, GROUPS

# What comes out, worked out by hand from the rows that count.
EXPECTED = {
    "opened_prs": (4, 4),
    "merged_prs": (4, 4),
    "automation_prs": (1, 1),
    "release_prs": (1, 1),
    "closed_unmerged_prs": (1, 1),
    "merge_rate_share": (3 / 4, 4),
    "cycle_time_p50_hours": (10, 3),
    "cycle_time_p75_hours": ((10 + 31) / 2, 3),
    "cycle_time_p90_hours": (10 + 0.8 * 21, 3),
    "merged_within_7d_share": (1 / 4, 4),
    "change_failure_share": (1 / 3, 3),
    "deployed_prs": (4, 4),
    "issue_share": (2 / 3, 3),
    "unplanned_share": (1 / 3, 3),
    "open_prs": (3, 3),
    "stale_prs": (1, 1),
    "open_age_p50_hours": (9 * 24, 3),
    "pr_size_p50_lines": (120, 3),
    "large_pr_share": (1 / 3, 3),
    "bus_factor": (1, 3),
    "complete_share": (4 / 5, 5),
    "first_response_p50_hours": (11, 4),
    "first_review_p50_hours": (11, 4),
    "reviewed_within_24h_share": (1 / 4, 4),
    "review_comments_per_pr": (9 / 4, 4),
    "review_rounds_p50": (2, 3),
    "submitted_reviews": (4, 4),
    "reviewers": (3, 4),
    "review_load_top3_share": (1, 4),
    # Of 1, 1 and 2 reviews: the differences of all pairs sum to 4, over twice 9 times the mean of 4/3.
    "review_load_gini": (4 / (2 * 9 * 4 / 3), 4),
    "approval_without_comment_share": (2 / 3, 3),
    "ai_assisted_share": (2 / 3, 3),
    "ai_authored_share": (1 / 3, 3),
    "model_cost_per_merged_pr": (0.03, 3),
    "hotfix_share": (1 / 3, 3),
    "retouched_share": (1 / 3, 3),
    "reverted_share": (1 / 4, 4),
    "reviewed_share": (1 / 4, 4),
    "ai_reviewed_share": (1 / 4, 4),
}


# The values that count, of which the percentiles are taken.
THREE, FOUR, AGES = (4, 10, 31), (4, 10, 12, 31), (48, 216, 720)


PERCENTILES = {metric.name for metric in GROUPS["Percentiles"]}


def interpolate(values: tuple[float, ...], at: float) -> float:
    """Return the value at this part of the way from the first to the last."""
    place = at * (len(values) - 1)
    low = int(place)
    return values[low] + (place - low) * (values[low + 1] - values[low])


def expected_of(metric: Metric) -> tuple[float, int]:
    if metric.name in PERCENTILES:
        values = FOUR if metric.name.startswith("first_re") else AGES if metric.name.startswith("open") else THREE
        return interpolate(values, 0.75 if "_p75_" in metric.name else 0.9), len(values)
    if metric.name.startswith("work_"):
        return 2 / 3, 3
    return EXPECTED[metric.name] if metric.name in EXPECTED else EXPECTED["cycle_time_p50_hours"]


@pytest.mark.parametrize("metric", BY_NAME.values(), ids=lambda metric: metric.name)
def test_the_value_of_the_example_is_the_one_worked_out_by_hand(metric: Metric) -> None:
    example = make_example(metric)
    value, n = expected_of(metric)
    assert (example.value.value, example.value.n) == (pytest.approx(value), n)
    assert example.rows.filter(example.rows["counts"] == "yes").height == n


@pytest.mark.parametrize("metric", BY_NAME.values(), ids=lambda metric: metric.name)
def test_the_example_has_rows_that_do_not_count_and_says_why(metric: Metric) -> None:
    reasons = make_example(metric).rows["counts"].unique().to_list()
    assert all(reason == "yes" or reason.startswith("no: ") for reason in reasons)
    assert len(reasons) > 1


def test_an_example_is_drawn_as_a_text_table() -> None:
    metric = BY_NAME["large_pr_share"]
    example = make_example(metric)
    assert draw_table(example).splitlines()[:5] == [
        "pr | merged_at        | size_lines | counts",
        "1  | Mon 03 Aug 09:00 | 40         | yes",
        "2  | Wed 05 Aug 09:00 | 120        | yes",
        "3  | Fri 07 Aug 09:00 | 900        | yes",
        "4  | Thu 06 Aug 09:00 | 2000       | no: opened by automation",
    ]
    assert say_result(metric, example.value) == (
        "value 0.3333, numerator 1, denominator 3, n 3 (too few to show: 5 are needed)"
    )
