"""What a metric is. One constant per metric holds all that is said and computed of it.

`delivery.py`, `review.py`, `ai.py` and `work.py` hold the constants; `registry.py` lists them. From them
come the weekly numbers, the dashboard's cards and drill-downs, the SQL catalogue and `docs/metrics.md`.
"""

from dataclasses import dataclass
from typing import Literal, TypedDict

import polars as pl

Unit = Literal["hours", "lines", "count", "share"]
Better = Literal["lower", "higher", "neither"]
Source = Literal["pull_requests", "open_pull_requests", "reviews"]

# Under these a value is "too few": a median of two says nothing, a p90 of five is its maximum.
MIN_N_OF_MEDIAN = 3
MIN_N_OF_P75 = 5
MIN_N_OF_P90 = 10
MIN_N_OF_SHARE = 5
MIN_N_OF_PERSON = 5

NO_BOTS = "Pull requests opened by bots"
ALWAYS = pl.lit(value=True)


@dataclass(frozen=True, eq=False)
class Metric:
    """One metric.

    It is computed over the rows of `source`: `pull_requests` has the columns of `pull_request_metrics`,
    `reviews` and `open_pull_requests` those told in `samples.py`. A row belongs to the period that holds
    its timestamp `placed_by`, and counts where `counts` is true. `value` is an aggregate over the rows that
    count; a ratio has `numerator` and `denominator` too, and 0 of 0 is NULL. Pull requests opened by bots are
    left out unless `has_bots`.
    """

    name: str
    title: str
    unit: Unit
    better: Better
    question: str
    definition: str
    source_fields: tuple[str, ...]
    placed_by: str
    statistic: str
    value: pl.Expr
    exclusions: str = NO_BOTS
    min_n: int = 0
    source: Source = "pull_requests"
    counts: pl.Expr = ALWAYS
    numerator: pl.Expr | None = None
    denominator: pl.Expr | None = None
    has_bots: bool = False
    has_person_view: bool = False

    @property
    def is_ratio(self) -> bool:
        return self.denominator is not None

    def aggregates(self) -> list[pl.Expr]:
        """`value`, `numerator`, `denominator`, `n` and `has_gaps`: a row of them is not whole."""
        absent = pl.lit(None, dtype=pl.Float64)
        return [
            self.value.cast(pl.Float64).alias("value"),
            (absent if self.numerator is None else self.numerator.cast(pl.Float64)).alias("numerator"),
            (absent if self.denominator is None else self.denominator.cast(pl.Float64)).alias("denominator"),
            pl.len().cast(pl.Int64).alias("n"),
            (~pl.col("is_complete")).any().alias("has_gaps"),
        ]


@dataclass(frozen=True)
class MetricValue:
    """A metric of one period; `value` is NULL (None) where there is nothing to measure."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    is_too_few: bool


def median(column: str) -> pl.Expr:
    return quantile(column, 0.5)


def quantile(column: str, share: float) -> pl.Expr:
    """Linear interpolation between the two nearest values."""
    return pl.col(column).quantile(share, interpolation="linear")


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """NULL for 0 of 0."""
    return pl.when(denominator > 0).then(numerator / denominator)


class Share(TypedDict):
    """The three expressions of a ratio."""

    value: pl.Expr
    numerator: pl.Expr
    denominator: pl.Expr


def share(flag: str | pl.Expr) -> Share:
    """The share of the rows for which `flag` is true."""
    true = (pl.col(flag) if isinstance(flag, str) else flag).sum()
    return {"value": ratio(true, pl.len()), "numerator": true, "denominator": pl.len()}
