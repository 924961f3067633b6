"""The definition of a metric: one constant holds its words and its computation.

The constants are in `definitions/`; `registry.py` lists them. From them come the weekly numbers, the
dashboard's cards and drill-downs, the SQL catalogue and `docs/metrics.md`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NotRequired, TypedDict, cast

import polars as pl

Unit = Literal["hours", "lines", "count", "share", "usd"]
Better = Literal["lower", "higher", "neither"]
Source = Literal["pull_requests", "open_pull_requests", "reviews"]
Statistic = Literal["count", "median", "p75", "p90", "mean", "share", "gini", "fewest"]

QUANTILES: dict[Statistic, float] = {"median": 0.5, "p75": 0.75, "p90": 0.9}

# Below these a value is "too few": a median of two says nothing, a p90 of five is its maximum.
MIN_N_OF_MEDIAN = 3
MIN_N_OF_P75 = 20
MIN_N_OF_P90 = 40
MIN_N_OF_SHARE = 5

NO_BOTS = "Pull requests opened by automation, releases and what the team leaves out"
ALWAYS = pl.lit(value=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Metric:
    """One metric.

    It is computed over the rows of `source`: `pull_requests` has the columns of `pull_request_metrics`, `reviews`
    and `open_pull_requests` those that `samples.py` describes. A row belongs to the period that holds its timestamp
    `placed_by`, and counts if `counts` is true. Pull requests by persons and agents count, those by automation (their
    `is_bot` is true) only if `include_bots`; releases and what the team leaves out unless `include_excluded`.

    `value` is an aggregate over the rows that count; `column` is the column that a median or percentile is taken of,
    `flag` what is true of the rows that a share counts; it `is_censored` if some are not over yet, and `is_about_data`
    if it says how complete they are. A ratio has `numerator` and `denominator` too, and 0 of 0 is
    NULL. Below `min_n` rows the value is too few.
    `title` is for headings; `short_title`, if there is one, for cards. Raise `version` if the same words and formula
    come to count differently: then a number that moves is known to have moved for that.
    """

    name: str
    title: str
    short_title: str | None = None
    unit: Unit
    better: Better
    question: str
    definition: str
    exclusions: str = NO_BOTS
    source_fields: tuple[str, ...]
    source: Source = "pull_requests"
    placed_by: str
    counts: pl.Expr = ALWAYS
    statistic: Statistic
    value: pl.Expr
    column: str | None = None
    flag: pl.Expr | None = None
    numerator: pl.Expr | None = None
    denominator: pl.Expr | None = None
    min_n: int = 0
    is_censored: bool = False
    is_about_data: bool = False
    include_bots: bool = False
    include_excluded: bool = False
    has_person_view: bool = False
    version: int = 1

    @property
    def has_interval(self) -> bool:
        """Whether an interval of its change is known: for counts, quantiles and shares of rows."""
        return self.statistic == "count" or self.statistic in QUANTILES or self.flag is not None

    @property
    def needs_data(self) -> bool:
        """Whether pull requests that lack data bend it: not a count, and not what says how many lack some."""
        return self.statistic != "count" and not self.is_about_data

    @property
    def label(self) -> str:
        """Return the short title, or the title if there is none."""
        return self.short_title or self.title

    @property
    def counts_rows(self) -> bool:
        """True if the value is the number of rows placed in the period: that of four weeks is the sum of four weeks."""
        return self.source != "open_pull_requests" and self.value.meta.eq(pl.len())

    @property
    def compares_with_weeks(self) -> bool:
        """True if the value of a longer period, a count divided by its weeks, is expected to be that of its weeks.

        How many people there are, how uneven they are, and what the busiest few do, depends on how much is looked at.
        """
        is_typical = self.statistic in QUANTILES or self.statistic == "mean" or self.flag is not None
        return is_typical or self.counts_rows

    def aggregates(self) -> list[pl.Expr]:
        """Return `value`, `numerator`, `denominator`, `n`, and `has_gaps` if any row is incomplete."""
        return [*self.own(), *self.shared()]

    def own(self) -> list[pl.Expr]:
        """Return `value`, `numerator` and `denominator`."""
        absent = pl.lit(None, dtype=pl.Float64)
        return [
            self.value.cast(pl.Float64).alias("value"),
            (absent if self.numerator is None else self.numerator.cast(pl.Float64)).alias("numerator"),
            (absent if self.denominator is None else self.denominator.cast(pl.Float64)).alias("denominator"),
        ]

    def shared(self) -> list[pl.Expr]:
        """Return `n`, and `has_gaps` if any row is incomplete: the same for all metrics that count these rows."""
        return [
            pl.len().cast(pl.Int64).alias("n"),
            (~pl.col("is_complete")).any().alias("has_gaps"),
        ]


def value_of(metric: Metric) -> pl.Expr:
    """Return what one row adds: its hours or lines, whether a share counts it, its part of a mean; 1 for a count."""
    if metric.column:
        return pl.col(metric.column)
    if metric.flag is not None:
        return metric.flag.fill_null(value=False)
    if metric.statistic == "mean" and metric.numerator is not None:
        return pl.col(metric.numerator.meta.root_names()[0])
    return pl.lit(1)


@dataclass(frozen=True)
class MetricValue:
    """A metric of one period; `value` is None if there is nothing to measure.

    `has_gaps` is true if any pull request behind it lacks data.
    """

    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    is_too_few: bool
    has_gaps: bool = False


class Count(TypedDict):
    """The fields of a metric that counts."""

    statistic: Statistic
    value: pl.Expr


class Quantile(TypedDict):
    """The fields of a metric that takes a quantile."""

    statistic: Statistic
    value: pl.Expr
    column: str
    min_n: int


class Ratio(TypedDict):
    """The fields of a metric that is a ratio; `flag` if it is a share of rows."""

    statistic: Statistic
    value: pl.Expr
    numerator: pl.Expr
    denominator: pl.Expr
    min_n: int
    flag: NotRequired[pl.Expr]
    is_censored: NotRequired[bool]


def count(value: pl.Expr | None = None) -> Count:
    """Count the rows, or what `value` counts of them."""
    return {"statistic": "count", "value": pl.len() if value is None else value}


def median(column: str) -> Quantile:
    """Take the median of a column."""
    return _quantile(column, "median", MIN_N_OF_MEDIAN)


def p75(column: str) -> Quantile:
    """Take the 75th percentile of a column."""
    return _quantile(column, "p75", MIN_N_OF_P75)


def p90(column: str) -> Quantile:
    """Take the 90th percentile of a column."""
    return _quantile(column, "p90", MIN_N_OF_P90)


def share(flag: str | pl.Expr) -> Ratio:
    """Take the share of the rows for which `flag` is true."""
    true = pl.col(flag) if isinstance(flag, str) else flag
    return {**ratio(true.sum(), pl.len(), "share"), "flag": true}


def share_within(made_at: str, since: str, within: timedelta) -> Ratio:
    """Take the share of the rows of which `made_at` came within a time of `since`, whatever became of the others.

    Those that are open, did not make it and have not had that long are censored: they count for as long as they have
    been known (Kaplan and Meier, 1958, doi:10.1080/01621459.1958.10501452). Those that were closed without it did not
    make it. The numerator and the denominator are of as many as have had that long.
    """
    taken, known = pl.col(made_at) - pl.col(since), pl.col("as_of") - pl.col(since)
    is_made = (taken <= within).fill_null(value=False)
    is_censored = ~is_made & pl.col(made_at).is_null() & pl.col("closed_at").is_null() & (known < within)
    time = pl.when(is_made).then(taken).when(is_censored).then(known).otherwise(pl.lit(2 * within))
    # Of those at risk at a time, the ones that make it leave before the ones of which nothing more is known.
    left = pl.len() - pl.int_range(pl.len())
    survival = (1 - is_made.sort_by(time, ~is_made).cast(pl.Float64) / left).product()
    denominator = (~is_censored).sum()
    value = pl.when(denominator > 0).then(1 - survival)
    made = {**ratio(value * denominator, denominator, "share"), "flag": is_made, "is_censored": True}
    return cast(Ratio, made | {"value": value})


def ratio(numerator: pl.Expr, denominator: pl.Expr, statistic: Statistic) -> Ratio:
    """Divide two aggregates; NULL for 0 of 0."""
    return {
        "statistic": statistic,
        "value": pl.when(denominator > 0).then(numerator / denominator),
        "numerator": numerator,
        "denominator": denominator,
        "min_n": MIN_N_OF_SHARE,
    }


def _quantile(column: str, statistic: Statistic, min_n: int) -> Quantile:
    """Interpolate linearly between the two nearest values."""
    value = pl.col(column).quantile(QUANTILES[statistic], interpolation="linear")
    return {"statistic": statistic, "value": value, "column": column, "min_n": min_n}
