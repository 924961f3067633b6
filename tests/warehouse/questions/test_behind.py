"""Exactly the rows behind a stored weekly value are behind it."""

from datetime import date

import polars as pl
import pytest

from tests.tasks.stored_team import store
from tests.warehouse.metrics.tables import AS_OF
from tests.warehouse.questions.hard_weeks import FACTS
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.measure import measure_team
from warehouse.metrics.registry import METRICS
from warehouse.questions.metrics import Question, answer, read_behind, read_sources


@pytest.fixture
def acme(warehouse: Warehouse) -> Warehouse:
    store(warehouse, FACTS)
    measure_team(warehouse, "acme", AS_OF)
    return warehouse


def test_as_many_rows_are_behind_each_metric_of_each_week_as_its_n_says(acme: Warehouse) -> None:
    # One of those that count alike: the same rows of the same timestamp.
    alike = {(one.source, one.placed_by, str(one.counts).partition(".is_not_null")[1]): one for one in METRICS}
    for metric in alike.values():
        sources = read_sources(acme, "acme", metric.name)
        stored = sources.weekly.filter(pl.col("scope") == "team", pl.col("n") > 0).select("week_start", "n", "value")
        for week, n, value in stored.iter_rows():
            question = Question(metric.name, week=week)
            rows = read_behind(acme, sources, question)
            assert (int(rows["n"].sum()), rows["id"].n_unique()) == (n, rows.height), (metric.name, week)
            if metric.name != "stale_prs" and n >= metric.min_n:
                assert answer(sources, question).now.value == value


def test_a_value_says_what_each_adds(acme: Warehouse) -> None:
    sources = read_sources(acme, "acme", "reviewed_share")
    rows = read_behind(acme, sources, Question("reviewed_share", week=date(2026, 8, 3)))
    assert rows.select("number", "value", "n").rows() == [(1, 1.0, 1)]
    sources = read_sources(acme, "acme", "submitted_reviews")
    rows = read_behind(acme, sources, Question("submitted_reviews", week=date(2026, 8, 3)))
    assert sorted(rows.select("number", "n").rows()) == [(1, 3), (2, 1), (4, 1)]


def test_a_week_without_numbers_is_refused_with_those_that_there_are(acme: Warehouse) -> None:
    sources = read_sources(acme, "acme", "merged_prs")
    for week in (date(2026, 8, 4), date(2020, 1, 6)):
        with pytest.raises(BadArgument, match="There are no numbers of a week") as refused:
            read_behind(acme, sources, Question("merged_prs", week=week))
        assert refused.value.hint == "There are those of the weeks from 2026-07-20 to 2026-08-17."
