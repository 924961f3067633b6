"""The same number everywhere: a card, its drill-down, the table by repository, the weekly table."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from dashboard.pages.work import mix
from dashboard.parts import cards, weeks
from dashboard.parts.cards import Badge, compare_with_own_weeks
from dashboard.parts.charts import phase_weeks, review_load
from dashboard.reading.data import Reader, snapshot
from dashboard.reading.rows import Team, make_row
from dashboard.shell.context import Context
from dashboard.shell.filters import Filters, select
from warehouse.connection import Warehouse
from warehouse.metrics.periods import compute_period, select_pull_requests
from warehouse.metrics.phases import PHASES
from warehouse.metrics.precision.intervals import share_interval
from warehouse.metrics.registry import BY_NAME
from warehouse.reads import pull_requests as reads
from warehouse.reads.bots import read_bots
from warehouse.reads.data_health import read_coverage
from warehouse.settings import WarehouseSettings


@pytest.fixture(scope="module")
def page(seeded_home: Any, home_of_process: Any, seed: ModuleType) -> Context:
    """Return the context of a page over a complete team, without filters, of the last 4 weeks."""
    home_of_process(seeded_home("complete"))
    reader = Reader(seed.TEAM, snapshot())
    filters = Filters("4w", seed.AS_OF - timedelta(days=28), seed.AS_OF)
    team = make_row(Team, seed.team_row(seed.AS_OF, "complete", members_error=None))
    prs = select(reader.pull_request_metrics(), filters)
    return Context(team, reader, filters, prs, seed.AS_OF - timedelta(days=90))


def narrowed(page: Context, **changes: Any) -> Context:
    filters = replace(page.filters, **changes)
    return replace(page, filters=filters, prs=select(page.reader.pull_request_metrics(), filters))


FILTERS: list[dict[str, Any]] = [
    {},
    {"repository_ids": ("R_0",), "repository_names": ("payments-api",)},
    {"repository_ids": ("R_0", "R_3")},
    {"include_bots": True},
    {"ai": "assisted"},
    {"ai": "other", "include_bots": True},
]


@pytest.mark.parametrize("changes", FILTERS, ids=[str(sorted(changes)) for changes in FILTERS])
@pytest.mark.parametrize("name", cards.OVERVIEW)
def test_a_drill_down_lists_as_many_pull_requests_as_its_card_counts(
    page: Context, name: str, changes: dict[str, Any]
) -> None:
    page = narrowed(page, **changes)
    filters = page.filters
    card = cards.make_card(name, page.prs, filters, page.covered_from)
    behind = select_pull_requests(BY_NAME[name], page.prs, filters.start, filters.end)
    query = reads.PullRequestQuery(
        ids=tuple(behind["pull_request_id"]),
        include_bots=filters.include_bots,
        ai=filters.ai,
        repository_ids=filters.repository_ids,
        limit=10_000,
    )
    assert card.n > 0
    assert page.reader.count_pull_requests(query) == card.n
    assert page.reader.pull_requests(query).height == card.n


@pytest.mark.parametrize("name", cards.OVERVIEW)
def test_including_bots_changes_no_number_of_persons_and_agents(page: Context, name: str) -> None:
    with_bots = narrowed(page, include_bots=True)
    assert with_bots.prs.height > page.prs.height
    made = [cards.make_card(name, each.prs, each.filters, each.covered_from) for each in (page, with_bots)]
    assert made[0] == made[1]
    by_week = [weeks.read(each, (name,)) for each in (page, with_bots)]
    assert by_week[0].equals(by_week[1])


def test_including_bots_changes_neither_the_mix_of_work_nor_who_reviews_how_much(page: Context) -> None:
    with_bots = narrowed(page, include_bots=True)
    for dimension in mix.DIMENSIONS.values():
        by_week = [mix.count_by_week(each, dimension) for each in (page, with_bots)]
        assert by_week[0].equals(by_week[1])
        kinds = mix.choose_kinds(by_week[0], dimension)
        tables = [mix.make_table(each, dimension, kinds) for each in (page, with_bots)]
        assert tables[0].equals(tables[1])
    loads = [review_load.count_reviews(each) for each in (page, with_bots)]
    assert loads[0].equals(loads[1])


def test_a_card_over_a_week_that_lacks_data_has_neither_change_nor_badge(page: Context) -> None:
    weekly = weeks.read(page, ("merged_prs",))
    lacking = page.filters.start.date() + timedelta(days=7)
    gap = pl.col("week_start").is_between(lacking - timedelta(days=6), lacking)
    arguments = ("merged_prs", page.prs, page.filters, page.covered_from)
    assert cards.make_card(*arguments, weekly).delta_text is not None
    card = cards.make_card(*arguments, weekly.with_columns(is_uncovered=gap))
    assert (card.delta_text, card.delta_note, card.badge) == (None, "data of some weeks are missing", None)


@pytest.mark.parametrize("repository", ["", "R_0", "R_4"])
def test_the_weekly_table_and_the_pull_requests_give_the_same_weeks(page: Context, repository: str) -> None:
    page = narrowed(page, repository_ids=(repository,) if repository else ())
    names = cards.OVERVIEW
    stored = weeks.read(page, names)
    # Two repositories of which one has nothing: no scope of the table covers that, so the weeks are computed.
    ids = (repository, "R_none") if repository else tuple(page.prs["repository_id"].unique())
    computed = weeks.read(replace(page, filters=replace(page.filters, repository_ids=ids)), names)
    assert stored.height == computed.height > 40
    assert stored.select("week_start", "metric", "n").equals(computed.select("week_start", "metric", "n"))
    assert stored["value"].round(6).equals(computed["value"].round(6))


def test_the_phases_of_a_week_add_up_to_its_mean_cycle_time(page: Context) -> None:
    phases = phase_weeks.compute_phases(page)
    for row in phases.iter_rows(named=True):
        start, end = page.week_bounds(row["week_start"]) or (None, None)
        merged = page.prs.filter(pl.col("merged_at").is_between(start, end, closed="left"))["cycle_time_hours"]
        assert sum(row[f"{name}_mean"] for name in PHASES) == pytest.approx(merged.mean())


def test_the_week_that_is_not_over_is_not_complete(page: Context) -> None:
    weekly = weeks.read(page, ("merged_prs",))
    assert weekly["week_start"].to_list() == sorted(weekly["week_start"])
    assert not weekly["is_complete"][-1]
    assert weekly["is_complete"].sum() >= 10


def test_a_week_that_began_before_the_history_is_not_shown_and_none_that_is_known_is_missing(page: Context) -> None:
    """A week of which two days were fetched would look like the worst of all."""
    weekly = weeks.read(page, ("merged_prs", "cycle_time_p50_hours"))
    begins = page.history_begins()
    assert begins
    first = page.plan_weeks()[0]
    assert begins <= first.starts_at < begins + timedelta(days=7)
    assert weekly["week_start"][0] == first.start
    assert weekly.filter(metric="merged_prs")["value"].null_count() == 0


def test_nothing_in_a_week_of_which_data_are_missing_is_not_a_zero(page: Context) -> None:
    """What lies before the imported days is unknown while the rest is fetched, and no line at the bottom."""
    stored = page.reader.weekly_metrics(("automation_prs",))
    lacking = stored.with_columns(is_uncovered=pl.lit(value=True), n=pl.lit(0, dtype=pl.Int64))

    class Lacking(Reader):
        def weekly_metrics(self, metrics: tuple[str, ...]) -> pl.DataFrame:
            return lacking

    weekly = weeks.read(replace(page, reader=Lacking(page.team_id, page.reader.at)), ("automation_prs",))
    assert weekly["value"].null_count() == weekly.height > 0


def test_a_sparkline_shows_complete_weeks_only(page: Context) -> None:
    weekly = weeks.read(page, ("merged_prs",))
    assert len(weeks.sparkline(weekly, "merged_prs")) == weekly["is_complete"].sum()


def test_two_weeks_are_no_sparkline() -> None:
    weekly = pl.DataFrame({"metric": ["m", "m"], "value": [1.0, 2.0], "is_complete": [True, True]})
    assert weeks.sparkline(weekly, "m") == []


def test_a_card_compares_with_the_period_before(page: Context) -> None:
    filters = page.filters
    card = cards.make_card("merged_prs", page.prs, filters, page.covered_from)
    before = compute_period(BY_NAME["merged_prs"], page.prs, filters.previous_start, filters.start)
    assert card.delta_text == f"{100 * (card.n / before.n - 1):+,.0f} %"
    assert card.delta_note.startswith("vs the 4 weeks before")


def test_a_card_says_that_there_is_no_complete_period_before(page: Context) -> None:
    card = cards.make_card("merged_prs", page.prs, page.filters, page.filters.start)
    assert (card.delta_text, card.delta_note) == (None, "not enough history to compare")


def test_a_card_without_pull_requests_shows_a_dash_and_never_zero_hours(page: Context) -> None:
    card = cards.make_card("cycle_time_p50_hours", page.prs.head(0), page.filters, page.covered_from)
    assert (card.value, card.n, card.badge, card.basis) == ("–", 0, None, "n = 0")


def test_a_card_with_too_few_says_so(page: Context) -> None:
    merged = page.prs.filter(pl.col("merged_at") >= page.filters.start).head(2)
    card = cards.make_card("cycle_time_p50_hours", merged, page.filters, page.covered_from)
    assert (card.value, card.badge, card.basis) == ("too few", None, "n = 2")


def with_cycle_times(page: Context, before: float, now: float) -> pl.DataFrame:
    """Return the pull requests with cycle times that vary around these hours before and in the period."""
    is_now = pl.col("merged_at") >= page.filters.start
    wobble = 0.6 + (pl.int_range(pl.len()) % 9) / 10
    return page.prs.with_columns(cycle_time_hours=pl.when(is_now).then(now * wobble).otherwise(before * wobble))


def test_the_list_of_a_censored_share_is_as_long_as_its_button_says(page: Context) -> None:
    metric = BY_NAME["merged_within_7d_share"]
    card = cards.make_card(metric.name, page.prs, page.filters, page.covered_from)
    listed = select_pull_requests(metric, page.prs, page.filters.start, page.filters.end).filter(metric.flag)
    assert card.part_n == listed.height > 0


def test_what_has_no_interval_is_not_called_too_few(page: Context) -> None:
    card = cards.make_card("bus_factor", page.prs, page.filters, page.filters.start - timedelta(days=400))
    assert card.delta_note == "not compared: no interval is known for it"
    assert card.change_cell is None


def test_a_change_within_noise_has_no_colour(page: Context) -> None:
    card = cards.make_card("cycle_time_p50_hours", with_cycle_times(page, 20, 20.5), page.filters, page.covered_from)
    assert card.delta_color == "off"
    assert "within noise" in card.delta_note
    assert card.change_cell == "noise"


def test_a_change_beyond_noise_is_coloured_and_says_how_exact_it_is(page: Context) -> None:
    card = cards.make_card("cycle_time_p50_hours", with_cycle_times(page, 20, 40), page.filters, page.covered_from)
    assert (card.delta_text, card.delta_color) == ("+100 %", "inverse")
    assert card.change_cell == "+100 %"
    assert re.fullmatch(r"vs the 4 weeks before \(\+\d+ to \+\d+ %\)", card.delta_note)
    assert re.fullmatch(r"n = \d+ · likely \d+ h to \d+ h", card.basis)


def test_a_table_shows_a_change_that_is_neither_good_nor_bad(page: Context) -> None:
    few_before = page.prs.filter((pl.col("opened_at") >= page.filters.start) | (pl.col("number") % 10 == 0))
    card = cards.make_card("opened_prs", few_before, page.filters, page.covered_from)
    assert card.delta_color == "off"
    assert card.change_cell == card.delta_text
    assert str(card.change_cell).startswith("+")


def lacking_data(page: Context, count: int) -> cards.Card:
    """Return the card of a team of which this many merged pull requests of the period lack data."""
    newest = pl.col("merged_at").rank("ordinal", descending=True)
    prs = with_cycle_times(page, 20, 40).with_columns(is_complete=(newest > count).fill_null(value=True))
    return cards.make_card("cycle_time_p50_hours", prs, page.filters, page.covered_from)


def test_a_pull_request_that_lacks_data_is_counted_and_left_out_of_the_comparison(page: Context) -> None:
    card = lacking_data(page, 1)
    assert card.basis.endswith("1 with missing data")
    assert card.delta_text is not None


def test_a_period_that_lacks_much_is_compared_with_nothing(page: Context) -> None:
    card = lacking_data(page, 40)
    assert card.basis.endswith("40 with missing data")
    assert (card.delta_text, card.delta_note, card.badge) == (None, "too many lack data to compare", None)


def test_a_badge_compares_with_the_teams_own_weeks_before(page: Context) -> None:
    metric, before = BY_NAME["cycle_time_p50_hours"], page.filters.start.date()
    starts = [before - timedelta(weeks=week) for week in range(1, 11)]
    weekly = pl.DataFrame(
        {"week_start": starts, "value": [float(10 + week) for week in range(10)], "is_complete": True}
    )
    levels = {value: compare_with_own_weeks(metric, value, weekly, before) for value in (9.0, 14.5, 30.0)}
    assert [badge and badge.label for badge in levels.values()] == [
        "Better than usual (14 h)",
        "As usual",
        "Worse than usual (14 h)",
    ]
    assert levels[14.5] is not None
    assert levels[14.5].help == "Better than 50 % of your 10 complete weeks before this period."
    assert compare_with_own_weeks(metric, 9.0, weekly.head(7), before) is None
    assert compare_with_own_weeks(BY_NAME["ai_assisted_share"], 0.5, weekly, before) is None
    within_noise = compare_with_own_weeks(metric, 30.0, weekly, before, lambda usual: usual == 14.5)
    assert within_noise == Badge(
        "As usual",
        "gray",
        "Better than 0 % of your 10 complete weeks before this period, and not told apart from what is usual in them.",
    )
    merged = compare_with_own_weeks(BY_NAME["merged_prs"], 30.0, weekly, before)
    assert merged is None or merged.label == "Better than usual (14 a week)"


@pytest.mark.parametrize(("reverted", "label"), [(2, "As usual"), (12, "Worse than usual (1 %)")])
def test_a_single_revert_is_not_worse_than_usual_if_most_weeks_have_none(
    page: Context, reverted: int, label: str
) -> None:
    """Six reverts in 600: the median week has none, and two in 240 is what the team always had."""
    before = page.filters.start.date()
    starts = [before - timedelta(weeks=week) for week in range(1, 11)]
    values = [2 / 60] * 3 + [0.0] * 7
    weekly = pl.DataFrame({"week_start": starts, "value": values, "n": [60] * 10, "is_complete": True})
    interval = share_interval(reverted, 240)
    assert interval is not None
    badge = compare_with_own_weeks(BY_NAME["reverted_share"], reverted / 240, weekly, before, interval.holds)
    assert badge is not None
    assert badge.label == label


def test_only_what_weeks_and_longer_periods_have_alike_gets_a_badge(page: Context) -> None:
    """Eight people review each week and in four weeks: that is neither more nor less."""
    before = page.filters.start.date()
    starts = [before - timedelta(weeks=week) for week in range(1, 11)]
    weekly = pl.DataFrame({"week_start": starts, "value": [8.0] * 10, "is_complete": True})
    judged = {name for name, metric in BY_NAME.items() if compare_with_own_weeks(metric, 8.0, weekly, before)}
    assert judged >= {"merged_prs", "cycle_time_p50_hours", "model_cost_per_merged_pr", "reviewed_share"}
    assert not judged & {"reviewers", "review_load_top3_share", "review_load_gini", "bus_factor", "open_prs"}


def test_two_halves_of_one_team_are_hardly_ever_told_apart(page: Context) -> None:
    """Every pull request is put into the period or the one before by chance: of 4 cards hardly one is coloured."""
    random = Random(5)
    colored = 0
    for _ in range(20):
        middle = page.filters.start + timedelta(days=1)
        now = pl.Series([random.random() < 0.5 for _ in range(page.prs.height)])
        at = pl.when(now).then(pl.lit(middle)).otherwise(pl.lit(middle - timedelta(days=14)))
        moved = page.prs.with_columns(
            *(pl.when(pl.col(name).is_not_null()).then(at).alias(name) for name in ("merged_at", "first_review_at"))
        )
        made = [cards.make_card(name, moved, page.filters, page.covered_from) for name in cards.OVERVIEW]
        colored += sum(card.delta_color != "off" for card in made)
    assert colored <= 8


def test_a_filter_in_words_names_what_is_selected(seed: ModuleType) -> None:
    end: datetime = seed.AS_OF
    filters = Filters("4w", end - timedelta(days=28), end, ("R_0",), ("payments-api",), True, "assisted")
    assert filters.summary == "last 4 weeks · payments-api · bots included · AI-assisted"


@pytest.fixture(scope="module")
def opened(seeded_home: Any) -> Any:
    home: Path = seeded_home("complete")
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""), read_only=True) as warehouse:
        yield warehouse


def test_pages_of_pull_requests_neither_overlap_nor_miss_one(opened: Warehouse, seed: ModuleType) -> None:
    query = reads.PullRequestQuery(sort="size", limit=150)
    count = reads.count_pull_requests(opened, seed.TEAM, query)
    ids = [
        key
        for offset in range(0, count, 150)
        for key in reads.read_pull_requests(opened, seed.TEAM, replace(query, offset=offset))["id"]
    ]
    assert len(ids) == len(set(ids)) == count == 700


@pytest.mark.parametrize("sort", list(reads.SORTS))
def test_every_sort_orders_with_the_unknown_last(opened: Warehouse, seed: ModuleType, sort: str) -> None:
    rows = reads.read_pull_requests(opened, seed.TEAM, reads.PullRequestQuery(sort=sort, limit=1000))
    column = {
        "updated": "updated_at",
        "opened": "created_at",
        "merged": "merged_at",
        "cycle_time": "cycle_time_hours",
        "first_review": "first_review_hours",
        "size": "size_lines",
        "number": "number",
    }[sort]
    known = rows[column].drop_nulls().to_list()
    assert known == sorted(known, reverse=True)
    assert rows[column].head(len(known)).null_count() == 0


@pytest.mark.parametrize("text", ["#70", "retry on", "MEI", "100%", "a_b", "'; DROP TABLE teams; --", "\\"])
def test_a_search_takes_every_character_as_it_is(opened: Warehouse, seed: ModuleType, text: str) -> None:
    rows = reads.read_pull_requests(opened, seed.TEAM, reads.PullRequestQuery(text=text, limit=1000))
    for row in rows.iter_rows(named=True):
        assert text.lower() in f"{row['title']} #{row['number']} {row['author_login']}".lower()
    assert rows.height > 0 or text in {"100%", "a_b", "'; DROP TABLE teams; --", "\\"}


def test_no_ids_means_none_and_not_all(opened: Warehouse, seed: ModuleType) -> None:
    assert reads.count_pull_requests(opened, seed.TEAM, reads.PullRequestQuery(ids=())) == 0


def test_another_team_sees_nothing(opened: Warehouse) -> None:
    assert reads.count_pull_requests(opened, "other", reads.PullRequestQuery()) == 0
    assert reads.read_pull_request(opened, "other", "PR_00001").is_empty()


def test_coverage_counts_what_was_found_and_what_is_stored(opened: Warehouse, seed: ModuleType) -> None:
    coverage = read_coverage(opened, seed.TEAM)
    assert coverage["expected"].to_list() == coverage["stored"].to_list()
    assert coverage["stored"].sum() == 700
    assert coverage["incomplete"].sum() == 1
    assert coverage["unread"].sum() == 700 // 113
    assert coverage["releases"].sum() == coverage["deployments"].sum() == 0


def test_waiting_puts_those_without_a_review_first_and_the_oldest_on_top(opened: Warehouse, seed: ModuleType) -> None:
    rows = reads.read_waiting(opened, seed.TEAM, reads.PullRequestQuery(limit=50))
    reviewed = rows["first_review_at"].is_not_null().to_list()
    assert reviewed == sorted(reviewed)
    has_review = pl.col("first_review_at").is_not_null()
    assert rows.filter(~has_review)["ready_at"].is_sorted()
    assert rows.filter(has_review)["ready_at"].is_sorted()
    assert set(rows["state"]) == {"OPEN"}


def test_bots_are_named_with_the_rule_that_says_so(opened: Warehouse, seed: ModuleType) -> None:
    assert read_bots(opened, seed.TEAM).select("login", "bot_reason").rows() == [("renovate", "list")]


@pytest.mark.parametrize("name", [name for name, metric in BY_NAME.items() if metric.source != "reviews"])
def test_every_metric_of_pull_requests_can_be_a_card_as_large_as_its_drill_down(page: Context, name: str) -> None:
    card = cards.make_card(name, page.prs, page.filters, page.covered_from)
    rows = select_pull_requests(BY_NAME[name], page.prs, page.filters.start, page.filters.end)
    assert (card.n, card.help != "") == (rows.height, True)
