"""Whatever shows a number can list what it counts: every metric, by period, week, repository and part."""

from dataclasses import replace
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from dashboard.pages.delivery import layout as delivery
from dashboard.pages.delivery import open_work, times
from dashboard.pages.reviews import load, unreviewed, waiting
from dashboard.pages.work import mix, pieces, risk, unknown
from dashboard.parts import cards, charts, groups, weeks
from dashboard.parts.behind import Behind, Group, narrow, read, say_where
from dashboard.parts.charts import histogram, phase_weeks, review_load, week_lines
from dashboard.parts.samples import rows_of
from dashboard.reading.data import Reader, snapshot
from dashboard.reading.rows import Team, make_row
from dashboard.shell.context import Context
from dashboard.shell.filters import Filters, select
from warehouse.metrics.phases import PHASES
from warehouse.metrics.registry import BY_NAME, METRICS
from warehouse.reads.pull_requests import PullRequestQuery


@pytest.fixture(scope="module")
def page(seeded_home: Any, home_of_process: Any, seed: ModuleType) -> Context:
    home_of_process(seeded_home("complete"))
    reader = Reader(seed.TEAM, snapshot())
    filters = Filters("4w", seed.AS_OF - timedelta(days=28), seed.AS_OF)
    team = make_row(Team, seed.team_row(seed.AS_OF, "complete", members_error=None))
    prs = select(reader.pull_request_metrics(), filters)
    return Context(team, reader, filters, prs, seed.AS_OF - timedelta(days=90))


def listed(page: Context, behind: Behind) -> int:
    """Return how many pull requests the list shows for the address of this number."""
    again = read(page, behind.parameters)
    assert again == behind
    return len(again.ids(page))


def test_the_list_of_every_metric_has_as_many_as_its_card_counts(page: Context) -> None:
    for metric in METRICS:
        card = cards.make_card(metric.name, rows_of(page, metric), page.filters, page.covered_from)
        rows = Behind(metric).select(page)
        assert card.n == rows.height
        assert listed(page, Behind(metric)) == rows["pull_request_id"].n_unique()
        if metric.source != "reviews":
            assert listed(page, Behind(metric)) == card.n


def test_the_list_of_every_point_of_every_metric_has_as_many_as_it_says(page: Context) -> None:
    """By week; how idle a pull request was in an earlier week is not known of each, so stale ones are left out."""
    names = [metric.name for metric in METRICS if metric.source != "reviews" and metric.name != "stale_prs"]
    weekly = weeks.read(page, names)
    for start, name, n in (
        weekly.filter(pl.col("week_start") > date(2026, 9, 1)).select("week_start", "metric", "n").iter_rows()
    ):
        assert (name, start, listed(page, Behind(BY_NAME[name], start))) == (name, start, n)


def test_stored_weeks_of_reviews_are_those_of_the_pages_rows(page: Context) -> None:
    names = [metric.name for metric in METRICS if metric.source == "reviews"]
    weekly = weeks.read(page, names)
    found = [
        Behind(BY_NAME[name], start).select(page).height
        for start, name in weekly.select("week_start", "metric").iter_rows()
    ]
    assert found == weekly["n"].to_list()
    assert sum(found) > 100


def test_every_row_by_repository_lists_as_many_as_its_n(page: Context) -> None:
    repositories = page.reader.repositories()["id"].to_list()
    made = [Group(one, narrow(page, one), one) for one in repositories]
    for name in ("merged_prs", "cycle_time_p50_hours", "reviewed_share", "open_prs"):
        metric = BY_NAME[name]
        rows = groups.make_rows(made, metric, "Repository")
        listed_here = [listed(page, made[place].behind(metric)) for place in rows["place"]]
        assert listed_here == rows["n"].to_list()
        assert rows["n"].sum() == Behind(metric).select(page).height


def test_the_parts_of_a_number_add_up_to_it(page: Context) -> None:
    for name, parts in {
        "reviewed_share": ("yes", "no"),
        "cycle_time_p50_hours": ("0..24", "24..72", "72.."),
        "merged_prs": ("state=MERGED", "state=OPEN"),
    }.items():
        behind = Behind(BY_NAME[name])
        assert sum(listed(page, replace(behind, part=part)) for part in parts) == len(behind.ids(page)) > 0


def test_every_bar_point_and_row_of_the_page_delivery_lists_as_many_as_it_says(page: Context) -> None:
    for name, edges in (("cycle_time_p50_hours", delivery.HOURS), ("pr_size_p50_lines", delivery.LINES)):
        bars = histogram.make_bars(page, BY_NAME[name], edges)
        assert [listed(page, bar.behind) for bar in bars] == [bar.count for bar in bars]
        assert sum(bar.count for bar in bars) == listed(page, Behind(BY_NAME[name]))
    by_week = phase_weeks.compute_phases(page)
    for phase in PHASES:
        metric = BY_NAME[f"{phase}_p50_hours"]
        found = [listed(page, Behind(metric, start)) for start in by_week["week_start"]]
        assert found == by_week[f"{phase}_n"].fill_null(0).to_list()
    weekly = weeks.read(page, times.DURATIONS)
    for name in times.DURATIONS:
        row = times.make_row(page, BY_NAME[name], weekly)
        assert row["n"] == listed(page, Behind(BY_NAME[name]))


def test_phases_are_shares_that_sum_to_all_and_the_longest_is_named(page: Context) -> None:
    by_week = phase_weeks.compute_phases(page).filter(pl.col("n") > 0)
    shares = by_week.select(pl.sum_horizontal(*(f"{phase}_share" for phase in PHASES)))
    assert shares.to_series().to_list() == pytest.approx([100.0] * by_week.height)
    merged = Behind(BY_NAME["cycle_time_p50_hours"]).select(page)
    sums = {phase: merged[f"{phase}_hours"].sum() for phase in PHASES}
    longest = max(sums, key=lambda phase: sums[phase])
    assert charts.PHASE_TITLES[longest] in phase_weeks.say_longest(page)


def test_those_older_than_most_merged_ones_are_listed_as_they_are_counted(page: Context) -> None:
    limit = open_work.read_limit(page)
    assert limit is not None
    ages = Behind(BY_NAME["open_prs"]).select(page)["open_hours"]
    assert listed(page, open_work.older_than(limit)) == (ages >= limit).sum() > 0


def test_every_bar_cell_and_row_of_the_page_reviews_lists_as_many_as_it_says(page: Context) -> None:
    page = replace(page, team=replace(page.team, has_people_views=True))
    people = load.count_people(page)
    assert [listed(page, load.by_person(one)) for one in people["reviewer_id"]] == people["prs"].to_list()
    assert people["reviews"].sum() == Behind(BY_NAME["submitted_reviews"]).select(page).height
    cells = review_load.count_reviews(page)
    found = [
        review_load.cell_of(*cell).select(page).height for cell in cells.select("reviewer_id", "week_start").iter_rows()
    ]
    assert found == cells["reviews"].to_list()
    merged = BY_NAME["reviewed_share"]
    unseen = Behind(merged).select(page).filter(~pl.col("is_reviewed"))
    assert listed(page, unreviewed.WITHOUT_REVIEW) == unseen.height > 0


@pytest.mark.parametrize("name", list(mix.DIMENSIONS))
def test_every_bar_and_row_of_the_mix_of_work_lists_as_many_as_it_says(page: Context, name: str) -> None:
    dimension = mix.DIMENSIONS[name]
    by_week = mix.count_by_week(page, dimension)
    kinds = mix.choose_kinds(by_week, dimension)
    for kind in kinds:
        of_kind = mix.count_kind(by_week, kind)
        found = [listed(page, mix.of_week(dimension, kind, start)) for start in of_kind["week_start"]]
        assert found == of_kind["n"].to_list()
    table = mix.make_table(page, dimension, kinds)
    assert [listed(page, mix.of_period(dimension, kind)) for kind in kinds] == table["PRs"].to_list()
    assert table["PRs"].sum() == Behind(BY_NAME["merged_prs"]).select(page).height
    assert table["Share"].sum() == pytest.approx(100)
    assert by_week["n"].sum() == weeks.read(page, ("merged_prs",))["n"].sum()


def test_every_level_of_risk_and_every_gap_lists_as_many_as_it_counts(page: Context) -> None:
    merged = Behind(BY_NAME["merged_prs"])
    rated = [listed(page, risk.of_level(level)) for level in risk.LEVELS]
    assert sum(rated) == listed(page, merged)
    facts = merged.select(page).join(page.reader.analysis_facts(), on="pull_request_id", how="left")
    for part in unknown.GAPS:
        column, value = part.split("=")
        expected = facts[column].is_null().sum() if value == "-" else (facts[column] == value).sum()
        assert listed(page, unknown.of_gap(part)) == expected
    assert all(read(page, unknown.of_gap(part).parameters) for part in unknown.GAPS)


def test_the_largest_pieces_of_work_are_the_largest_merged_ones_of_the_period(page: Context) -> None:
    ids = pieces.choose_largest(page)
    rows = page.reader.pieces_of_work(ids)
    assert tuple(rows["id"]) == ids
    assert rows["size_lines"][0] == Behind(BY_NAME["merged_prs"]).select(page)["size_lines"].max()


def test_people_are_in_no_address_unless_the_team_allows_numbers_per_person(page: Context) -> None:
    asked = load.by_person("@ada").parameters
    assert read(page, asked) is None
    assert read(replace(page, team=replace(page.team, has_people_views=True)), asked) == load.by_person("@ada")


def test_every_open_pull_request_that_is_ready_is_somebodys_turn(page: Context) -> None:
    turns = waiting.read_turns(page)
    ready = Behind(BY_NAME["open_prs"]).select(page).filter(~pl.col("is_draft"))
    assert set(turns["id"]) == set(ready["pull_request_id"])
    assert turns["turn"].null_count() == turns["turn_since"].null_count() == 0
    assert turns.equals(turns.sort("is_forgotten", "turn_since", "id"))
    everything = page.reader.waiting(PullRequestQuery(limit=1000)).filter(pl.col("is_forgotten"))
    assert set(turns.filter("is_forgotten")["id"]) <= set(everything["id"])
    table = waiting.table_of(page, turns)
    assert table.height == turns.height
    assert set(table["Asked"]) == {"nobody", "mei"}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"metric": "nonsense"},
        {"metric": "merged_prs", "part": "yes"},
        {"metric": "merged_prs", "part": "author_login=ada"},
        {"metric": "merged_prs", "part": "1..2"},
        {"metric": "merged_prs", "in": "R_none"},
        {"metric": "merged_prs", "week": "2026-13-01"},
        {"metric": "merged_prs", "week": "2026-11-04"},
        {"metric": "merged_prs", "week": "1999-11-01"},
        {"metric": "submitted_reviews", "part": "state=APPROVED"},
    ],
)
def test_an_address_that_names_no_number_is_none(page: Context, asked: dict[str, str]) -> None:
    assert read(page, asked) is None


def test_days_are_named_with_the_last_one_included(page: Context) -> None:
    week = Behind(BY_NAME["merged_prs"], date(2026, 11, 2), "R_0")
    assert say_where(page, week) == "2 Nov 2026 to 8 Nov 2026, payments-api"
    west = replace(page, team=replace(page.team, timezone="America/New_York"))
    assert say_where(west, replace(week, repository_id="")) == "2 Nov 2026 to 8 Nov 2026"


def test_a_line_is_dashed_to_the_week_that_is_not_over_and_its_points_say_n(page: Context) -> None:
    weekly = weeks.read(page, ("cycle_time_p50_hours",))
    option: Any = week_lines.option(weekly, [BY_NAME["cycle_time_p50_hours"]], ("#000",))
    points, solid, dashed = option["series"]
    assert [point["value"][3] for point in points["data"]] == weekly["n"].to_list()
    assert points["data"][-1]["itemStyle"]["color"] == "transparent"
    assert (solid["data"][-1], dashed["data"][-1] is None, dashed["data"][-2] is None) == (None, False, False)
