"""Weekly numbers, cards and drill-downs are the same numbers."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.recorded_data import SECP256K1
from tests.warehouse.metrics import weekly
from tests.warehouse.metrics.recorded import AS_OF as RECORDED_AS_OF
from tests.warehouse.metrics.recorded import read_secp256k1
from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, moment, parse
from warehouse import schema
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.life.reviews import compute_reviews
from warehouse.metrics.periods import compute_period, select_pull_requests
from warehouse.metrics.registry import BY_NAME, METRICS
from warehouse.metrics.weekly import compute_weekly_metrics
from warehouse.metrics.weeks import week_of

TWO_REPOSITORIES = {
    "repositories": """
        repo | from
        R1   | Mon 00:00
        R2   | Mon 00:00
    """,
    "pull_requests": """
        pr | repo | by  | opened    | merged     | closed
        1  | R1   | ann | Mon 09:00 | Tue 09:00  | Tue 09:00
        2  | R1   | bob | Mon 09:00 | Tue2 09:00 | Tue2 09:00
        3  | R2   | ann | Mon 09:00 | Wed 09:00  | Wed 09:00
        4  | R2   | cid | Mon 09:00 | -          | -
    """,
    "reviews": """
        pr | by  | at
        1  | bob | Mon 10:00
        3  | bob | Mon 12:00
    """,
}


def test_each_repository_has_its_own_weeks_and_the_team_has_them_all() -> None:
    rows = weekly.compute(make_facts(**TWO_REPOSITORIES)).filter(pl.col("metric") == "merged_prs")
    expected = """
        scope      | scope_id | week | value
        repository | R1       | Mon  | 1
        repository | R1       | Mon2 | 1
        repository | R1       | Mon3 | 0
        repository | R2       | Mon  | 1
        repository | R2       | Mon2 | 0
        repository | R2       | Mon3 | 0
        team       | acme     | Mon  | 2
        team       | acme     | Mon2 | 1
        team       | acme     | Mon3 | 0
    """
    assert draw(rows.sort("scope", "scope_id", "week_start"), expected) == parse(expected)


def test_people_have_numbers_only_where_the_team_allows_it_and_only_of_load() -> None:
    silent = weekly.compute(make_facts(**TWO_REPOSITORIES))
    assert silent.filter(pl.col("scope") == "person").is_empty()
    allowed = weekly.compute(make_facts(has_people_views=True, **TWO_REPOSITORIES)).filter(pl.col("scope") == "person")
    assert set(allowed["metric"]) == {"opened_prs", "merged_prs", "submitted_reviews"}
    reviews = allowed.filter((pl.col("metric") == "submitted_reviews") & (pl.col("week") == "Mon")).sort("scope_id")
    expected = """
        scope_id | value
        ann      | 0
        bob      | 2
        cid      | 0
    """
    assert draw(reviews, expected) == parse(expected)


def test_a_week_without_events_is_there_for_every_metric_and_only_counts_are_0() -> None:
    rows = weekly.compute(make_facts()).filter(pl.col("scope") == "team")
    assert rows.height == 3 * len(METRICS)
    assert set(rows["n"]) == {0}
    for row in rows.iter_rows(named=True):
        assert row["value"] == (0 if BY_NAME[row["metric"]].statistic == "count" else None), row["metric"]


def test_a_week_is_partial_for_the_team_where_one_repository_lacks_data() -> None:
    rows = weekly.compute(
        make_facts(
            repositories="""
                repo | from
                R1   | Mon 00:00
                R2   | Tue2 00:00
            """
        )
    ).filter(pl.col("metric") == "merged_prs", pl.col("scope") == "team")
    expected = """
        week | is_partial
        Mon  | yes
        Mon2 | yes
        Mon3 | no
    """
    assert draw(rows.sort("week_start"), expected) == parse(expected)


def test_a_pr_with_missing_parts_makes_the_weeks_partial_in_which_it_counts() -> None:
    rows = weekly.compute(
        make_facts(
            pull_requests="""
                pr | opened    | merged     | is_complete
                1  | Mon 09:00 | Tue2 09:00 | no
            """
        )
    ).filter(pl.col("metric") == "cycle_time_p50_hours", pl.col("scope") == "repository")
    expected = """
        week | is_partial
        Mon  | no
        Mon2 | yes
        Mon3 | no
    """
    assert draw(rows.sort("week_start"), expected) == parse(expected)


def test_what_is_open_is_partial_until_the_history_begins_where_it_is_to_begin() -> None:
    tables = {"repositories": "repo | from\nR1 | Mon 00:00", "pull_requests": "pr | opened\n1 | Mon 09:00"}
    for history_start, is_partial in ((moment("Mon 00:00"), False), (moment("Mon0 00:00"), True)):
        rows = weekly.compute(replace(make_facts(**tables), history_start=history_start))
        team = rows.filter(pl.col("scope") == "team")
        by_metric = dict(team.group_by("metric").agg(pl.col("is_partial").any()).iter_rows())
        assert (by_metric["open_prs"], by_metric["stale_prs"], by_metric["open_age_p50_hours"]) == (is_partial,) * 3
        assert not by_metric["merged_prs"]


def test_one_that_is_open_and_not_fetched_makes_no_week_partial_for_what_was_merged() -> None:
    rows = weekly.compute(
        make_facts(sync_items="repo | opened | updated | is_open\nR1 | Mon 09:00 | Tue 09:00 | yes")
    ).filter(pl.col("scope") == "team", pl.col("week") == "Mon")
    by_metric = dict(rows.select("metric", "is_partial").iter_rows())
    assert (by_metric["merged_prs"], by_metric["opened_prs"], by_metric["open_prs"]) == (False, True, True)


def test_the_current_week_ends_at_the_time_of_the_computation_as_the_card_does() -> None:
    facts, now = make_facts(pull_requests="pr | opened | merged\n1 | Mon3 09:00 | Fri3 09:00"), moment("Wed3 00:00")
    metrics = compute_pull_request_metrics(facts, now)
    rows = compute_weekly_metrics(facts, metrics, now).filter(pl.col("metric") == "merged_prs")
    assert rows["value"].sum() == compute_period(BY_NAME["merged_prs"], metrics, moment("Mon3 00:00"), now).value == 0


def test_a_period_with_an_incomplete_pull_request_has_gaps() -> None:
    metrics = compute_pull_request_metrics(
        make_facts(pull_requests="pr | opened | merged | is_complete\n1 | Mon 09:00 | Tue 09:00 | no"), AS_OF
    )
    week = moment("Mon 00:00"), moment("Mon2 00:00")
    assert compute_period(BY_NAME["merged_prs"], metrics, *week).has_gaps
    assert not compute_period(BY_NAME["opened_prs"], metrics, moment("Mon2 00:00"), moment("Mon3 00:00")).has_gaps


GITHUB_TEAMS = {
    "organisation_teams": """
        id | slug
        T1 | web
        T2 | api
    """,
    "team_memberships": """
        organisation_team_id | account_id | since     | until
        T1                   | @ann       | Tue 00:00 | Mon2 00:00
        T2                   | @bob       | Tue 00:00 | -
        T2                   | @ann       | Mon2 00:00 | -
        gone                 | @ann       | Tue 00:00 | -
    """,
    "pull_requests": """
        pr | by  | opened     | merged
        1  | ann | Mon 09:00  | Tue 09:00
        2  | ann | Mon2 09:00 | Tue2 09:00
        3  | cid | Mon 09:00  | Tue 09:00
    """,
    "reviews": """
        pr | by  | at
        1  | bob | Mon 10:00
        3  | ann | Mon2 10:00
    """,
}


def test_a_github_team_has_the_pull_requests_and_reviews_of_those_who_were_members_then() -> None:
    rows = weekly.compute(make_facts(**GITHUB_TEAMS)).filter(
        pl.col("scope") == "github_team", pl.col("metric").is_in(["merged_prs", "submitted_reviews"]), pl.col("n") > 0
    )
    expected = """
        scope_id | week | metric            | value
        T1       | Mon  | merged_prs        | 1
        T2       | Mon  | submitted_reviews | 1
        T2       | Mon2 | merged_prs        | 1
        T2       | Mon2 | submitted_reviews | 1
    """
    assert draw(rows.sort("scope_id", "week", "metric"), expected) == parse(expected)


def test_weeks_begin_in_the_teams_time_zone() -> None:
    tables = {
        "repositories": "repo | from\nR1 | Tue 00:00",
        "pull_requests": """
            pr | opened    | merged
            1  | Mon 09:00 | Sun 22:30
        """,
    }
    for timezone, week in (("UTC", "Mon"), ("Europe/Berlin", "Mon2")):
        rows = weekly.compute(make_facts(timezone=timezone, **tables))
        merged = rows.filter(pl.col("metric") == "merged_prs", pl.col("scope") == "team", pl.col("value") == 1)
        assert merged["week"].to_list() == [week]


def test_the_frames_have_exactly_the_columns_of_their_tables() -> None:
    facts = make_facts(**TWO_REPOSITORIES)
    metrics = compute_pull_request_metrics(facts, AS_OF)
    assert dict(metrics.schema) == schema.polars_schema(schema.pull_request_metrics)
    rows = compute_weekly_metrics(facts, metrics, AS_OF)
    assert dict(rows.schema) == schema.polars_schema(schema.weekly_metrics)


def test_a_computation_at_monday_midnight_counts_the_week_that_just_ended() -> None:
    facts, midnight = make_facts(**TWO_REPOSITORIES), moment("Mon3 00:00")
    rows = compute_weekly_metrics(facts, compute_pull_request_metrics(facts, midnight), midnight)
    team = rows.filter(pl.col("scope") == "team", pl.col("metric") == "open_prs").sort("week_start")
    expected = """
        value | is_complete
        2     | yes
        1     | yes
        1     | no
    """
    assert draw(team, expected) == parse(expected)


def test_a_team_without_repositories_has_weeks_of_nothing() -> None:
    rows = weekly.compute(make_facts(repositories="repo"))
    assert set(rows["scope"]) == {"team"}
    assert set(rows["n"]) == {0}
    assert rows["is_partial"].all()


def test_no_two_rows_have_the_same_key() -> None:
    rows = weekly.compute(make_facts(has_people_views=True, **TWO_REPOSITORIES))
    assert rows.select(schema.key_of(schema.weekly_metrics)).is_unique().all()


def test_under_its_minimum_a_value_is_too_few_and_a_period_without_rows_has_none() -> None:
    metrics = compute_pull_request_metrics(make_facts(**TWO_REPOSITORIES), AS_OF)
    cycle = BY_NAME["cycle_time_p50_hours"]
    two = compute_period(cycle, metrics, moment("Mon 00:00"), moment("Mon2 00:00"))
    assert (two.value, two.n, two.is_too_few) == (36.0, 2, True)
    three = compute_period(cycle, metrics, moment("Mon 00:00"), moment("Mon3 00:00"))
    assert (three.value, three.n, three.is_too_few) == (48.0, 3, False)
    none = compute_period(cycle, metrics, moment("Mon3 00:00"), moment("Wed3 00:00"))
    assert (none.value, none.n) == (None, 0)


def test_bots_come_in_when_they_are_asked_for() -> None:
    facts = make_facts(
        pull_requests="""
            pr | by      | opened    | merged
            1  | ann     | Mon 09:00 | Tue 09:00
            2  | rustbot | Mon 09:00 | Tue 09:00
        """
    )
    metrics, merged = compute_pull_request_metrics(facts, AS_OF), BY_NAME["merged_prs"]
    week = moment("Mon 00:00"), moment("Mon2 00:00")
    assert compute_period(merged, metrics, *week).n == 1
    assert compute_period(merged, metrics, *week, include_bots=True).n == 2


def _check_cards(facts: Facts, as_of: datetime, newest: int) -> None:
    """For every metric and week, the card equals the weekly row and the drill-down has as many rows as `n`."""
    metrics = compute_pull_request_metrics(facts, as_of)
    reviews = compute_reviews(facts, metrics)
    team = compute_weekly_metrics(facts, metrics, as_of).filter(pl.col("scope") == "team")
    last = team["week_start"].max()
    for row in team.filter(pl.col("week_start").is_in(team["week_start"].unique().sort().tail(newest))).to_dicts():
        metric, week = BY_NAME[row["metric"]], week_of(row["week_start"], facts.timezone)
        if metric.name == "stale_prs" and row["week_start"] != last:
            continue  # of a past week only `open_at_week_ends` knows the activity
        rows = reviews if metric.source == "reviews" else metrics
        period = week.starts_at, min(week.ends_at, as_of)
        card = compute_period(metric, rows, *period)
        assert (card.value, card.n) == (row["value"], row["n"]), row
        if card.n:
            assert (card.numerator, card.denominator) == (row["numerator"], row["denominator"]), row
        assert select_pull_requests(metric, rows, *period).height == card.n


def test_a_card_its_drill_down_and_the_weekly_number_agree_for_every_metric() -> None:
    _check_cards(make_facts(**TWO_REPOSITORIES), AS_OF, newest=3)


@pytest.mark.skipif(not SECP256K1.exists(), reason=f"the recorded pull requests are not at {SECP256K1}")
def test_they_agree_on_real_prs_too() -> None:
    _check_cards(read_secp256k1(datetime(2026, 6, 1, tzinfo=UTC)), RECORDED_AS_OF, newest=8)


@pytest.mark.skipif(not SECP256K1.exists(), reason=f"the recorded pull requests are not at {SECP256K1}")
def test_the_merges_of_30_days_of_secp256k1_are_those_that_github_counts() -> None:
    metrics = compute_pull_request_metrics(read_secp256k1(), RECORDED_AS_OF)
    thirty = datetime(2026, 7, 23, 12, tzinfo=UTC), RECORDED_AS_OF
    sixty = datetime(2026, 5, 24, 12, tzinfo=UTC), datetime(2026, 7, 23, 12, tzinfo=UTC)
    assert compute_period(BY_NAME["merged_prs"], metrics, *thirty, include_bots=True).n == 20
    assert compute_period(BY_NAME["opened_prs"], metrics, *thirty, include_bots=True).n == 24
    assert compute_period(BY_NAME["merged_prs"], metrics, *sixty, include_bots=True).n == 20
    assert compute_period(BY_NAME["opened_prs"], metrics, *sixty, include_bots=True).n == 32
