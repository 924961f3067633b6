"""One metric under several definitions, over the same pull requests, and the pull requests that make the difference."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.durations import hours
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.lab.moments import add_answers, find_answers, find_moments
from warehouse.metrics.lab.presets import PRESETS
from warehouse.metrics.lab.rules import Rule, Span
from warehouse.metrics.lab.why import say_why
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import select_pull_requests

OURS = "prflow"


@dataclass(frozen=True)
class Definition:
    """A number under one definition.

    `value` is by its own average, `median` the median of the same pull requests, `n` how many they are. `moved` are the
    pull requests in which it differs from ours, one row each: `pull_request_id`, `how` (in, out or changed),
    `ours_hours` and `hours`, NULL where one does not count it, and `why`. Those that differ most come first.
    """

    tool: str
    name: str
    sentence: str
    source: str
    average: str
    value: float | None
    median: float | None
    n: int
    moved: pl.DataFrame

    def count(self, how: str) -> int:
        """Return how many pull requests are in, out or changed."""
        return self.moved.filter(pl.col("how") == how).height


def compare(metric: Metric, facts: Facts, measured: pl.DataFrame, start: datetime, end: datetime) -> list[Definition]:
    """Compute the metric of `[start, end)` by our definition, then by that of each tool that has it.

    `measured` are rows of `pull_request_metrics`; those of `facts` that are not among them are left out.
    """
    column = str(metric.column)
    ours = select_pull_requests(metric, measured, start, end).select(KEY, ours_hours=column)
    found = ours["ours_hours"].drop_nulls()
    definitions = [
        Definition(
            tool=OURS,
            name=metric.title,
            sentence=metric.definition,
            source="docs/metrics.md",
            average=metric.statistic,
            value=_number(found.quantile(0.5, "linear")),
            median=_number(found.quantile(0.5, "linear")),
            n=ours.height,
            moved=_no_moves(),
        )
    ]
    known = _find_known(facts, measured, metric)
    answers = find_answers(facts)
    return definitions + [
        _apply(rule, add_answers(known, answers, rule.answers), ours, (start, end)) for rule in PRESETS[metric.name]
    ]


def _find_known(facts: Facts, measured: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Return the moments of the measured pull requests, and what our definition says of each."""
    about = measured.select(
        KEY, "first_commit_at", "ready_at", "is_bot", "excluded_by", ours_at=metric.placed_by, our_hours=metric.column
    )
    return find_moments(facts).join(about, on=KEY)


def _apply(rule: Rule, rows: pl.DataFrame, ours: pl.DataFrame, period: tuple[datetime, datetime]) -> Definition:
    measured = rows.with_columns(hours=pl.sum_horizontal(*map(_hours, rule.spans), ignore_nulls=False))
    placed = pl.col(rule.placed_by)
    is_counted = (placed >= period[0]) & (placed < period[1]) & pl.col("hours").is_not_null()
    if rule.is_of_merged:
        is_counted &= pl.col("merged_at").is_not_null()
    measured = measured.with_columns(is_counted=is_counted.fill_null(value=False))
    counted = measured.filter("is_counted")
    return Definition(
        tool=rule.tool,
        name=rule.name,
        sentence=rule.sentence,
        source=rule.source,
        average=rule.average,
        value=_average(rule, counted),
        median=_number(counted["hours"].quantile(0.5, "linear")),
        n=counted.height,
        moved=_find_moves(rule, measured, ours, period),
    )


def _hours(span: Span) -> pl.Expr:
    duration = hours(pl.col(span.end) - pl.col(span.start))
    found = duration if span.may_be_negative else pl.when(duration >= 0).then(duration)
    return found.fill_null(0.0) if span.or_zero else found


def _average(rule: Rule, counted: pl.DataFrame) -> float | None:
    if rule.average == "mean":
        return _number(counted["hours"].mean())
    values = counted["hours"]
    if rule.average == "median of people's medians":
        values = counted.group_by("author_id").agg(pl.col("hours").median())["hours"]
    return _number(values.quantile(0.5, "linear"))


def _find_moves(
    rule: Rule, measured: pl.DataFrame, ours: pl.DataFrame, period: tuple[datetime, datetime]
) -> pl.DataFrame:
    both = measured.join(ours.with_columns(is_ours=pl.lit(value=True)), on=KEY, how="left").with_columns(
        pl.col("is_ours").fill_null(value=False), hours=pl.when("is_counted").then("hours")
    )
    # What differs by less than a second is the same to a reader.
    is_same = (pl.col("hours") - pl.col("ours_hours")).abs() < 1 / 3600
    moved = both.filter(pl.col("is_counted") | pl.col("is_ours"), ~is_same.fill_null(value=False)).with_columns(
        how=pl.when(~pl.col("is_ours"))
        .then(pl.lit("in"))
        .when(~pl.col("is_counted"))
        .then(pl.lit("out"))
        .otherwise(pl.lit("changed"))
    )
    if moved.is_empty():
        return _no_moves()
    by = (pl.col("hours").fill_null(0.0) - pl.col("ours_hours").fill_null(0.0)).abs()
    rows = moved.sort(by, KEY, descending=[True, False])
    why = [say_why(rule, row, period) for row in rows.iter_rows(named=True)]
    return rows.select(KEY, "how", "ours_hours", "hours", why=pl.Series(why, dtype=pl.String))


def _no_moves() -> pl.DataFrame:
    text, number = pl.String(), pl.Float64()
    return pl.DataFrame(schema={KEY: text, "how": text, "ours_hours": number, "hours": number, "why": text})


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
