"""What holds of all weekly numbers, whatever the data: of a drawn organisation with drafts, automation and agents."""

from dataclasses import fields, replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.metrics.drawing import AS_OF, Drawing
from warehouse.metrics.anchors import measure_pull_requests
from warehouse.metrics.facts import Facts
from warehouse.metrics.registry import BY_NAME
from warehouse.metrics.weekly import compute_weekly_metrics

KEYS = ["week_start", "scope", "scope_id", "metric"]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Drawing(400).make()


@pytest.fixture(scope="module")
def computed(facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    return _compute(facts)


def _compute(facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Compute the pull requests, their turns and the weekly numbers, in the order of their keys."""
    pull_requests, turns = measure_pull_requests(facts, AS_OF)
    weekly = compute_weekly_metrics(facts, pull_requests, AS_OF)
    return pull_requests.sort("pull_request_id"), turns.sort("pull_request_id", "place"), weekly.sort(KEYS)


def test_the_order_of_rows_decides_nothing(
    facts: Facts, computed: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
) -> None:
    frames = {field.name: getattr(facts, field.name) for field in fields(facts)}
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=place)
        for place, (name, frame) in enumerate(frames.items())
        if isinstance(frame, pl.DataFrame)
    }
    for before, after in zip(computed, _compute(replace(facts, **shuffled)), strict=True):
        assert_frame_equal(before, after)


def test_the_repositories_add_up_to_the_team(computed: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    weekly = computed[2]
    of_scope = {
        scope: weekly.filter(pl.col("scope") == scope).group_by("week_start", "metric").agg(pl.col("n").sum())
        for scope in ("team", "repository")
    }
    assert_frame_equal(of_scope["team"], of_scope["repository"], check_row_order=False)
    counts = [name for name, metric in BY_NAME.items() if metric.statistic == "count" and name not in ("reviewers",)]
    rows = weekly.filter(pl.col("metric").is_in(counts))
    sums = [rows.filter(pl.col("scope") == scope).group_by("metric").agg(pl.col("value").sum()) for scope in of_scope]
    assert_frame_equal(*sums, check_row_order=False)


def test_every_pull_request_is_in_one_lane_and_automation_is_counted_apart(
    computed: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    pull_requests, _, weekly = computed
    assert set(pull_requests["author_lane"]) == {"person", "automation"}
    merged = pull_requests.filter(pl.col("merged_at").is_not_null())
    team = weekly.filter(pl.col("scope") == "team").group_by("metric").agg(pl.col("value").sum())
    by_metric = dict(team.iter_rows())
    assert by_metric["merged_prs"] == merged.filter(pl.col("author_lane") == "person").height
    assert by_metric["automation_prs"] == merged.filter(pl.col("author_lane") == "automation").height


def test_the_turns_sum_to_the_open_time_and_to_the_hours_of_each_pull_request(
    computed: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    pull_requests, turns, _ = computed
    sums = turns.group_by("pull_request_id").agg(pl.col("hours").sum()).sort("pull_request_id")
    end = pl.coalesce("closed_at", pl.lit(AS_OF))
    lives = pull_requests.select("pull_request_id", hours=(end - pl.col("opened_at")).dt.total_microseconds() / 3.6e9)
    assert_frame_equal(sums, lives, check_dtypes=False)
    names = ["waiting_on_author_hours", "waiting_on_review_hours", "waiting_on_merge_hours", "draft_hours"]
    by_turn = pull_requests.select("pull_request_id", hours=pl.sum_horizontal(names))
    assert_frame_equal(by_turn, lives, check_dtypes=False)
