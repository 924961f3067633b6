"""Numbers by week, for charts and sparklines.

Without filters they are the rows of `weekly_metrics`; for filters that no scope of that table covers, the
functions that computed it derive them from the pull requests that the filters keep.
"""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from dashboard.parts.samples import rows_of
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import counting, open_at
from warehouse.metrics.registry import BY_NAME
from warehouse.metrics.weeks import Week, week_start

SCHEMA = {"week_start": pl.Date, "metric": pl.String, "value": pl.Float64, "n": pl.Int64}
# Fewer points than this make no line.
MIN_SPARKLINE_WEEKS = 3


def read(context: Context, names: Sequence[str]) -> pl.DataFrame:
    """Read one row per week of `plan_weeks` and metric: `week_start`, `metric`, `value`, `n`, `is_complete`.

    `value` is NULL below the metric's minimum n, in weeks that began before the history of every repository, and for
    a count of nothing in a week of which data are missing: neither is as low as it would look. `is_complete` is false
    for the current week and for weeks of which data are missing.
    """
    weeks = context.plan_weeks()
    table = context.reader.weekly_metrics(tuple(names))
    scope = _scope(context)
    stored = _stored(table, *scope) if scope else pl.DataFrame(schema=SCHEMA)
    known = set(stored["week_start"])
    # The table begins where the history did when it was computed; earlier weeks are computed from what is there now.
    values = pl.concat([stored, _computed(context, names, [week for week in weeks if week.start not in known])])
    grid = pl.DataFrame({"week_start": [week.start for week in weeks]}, schema={"week_start": pl.Date})
    grid = grid.join(pl.DataFrame({"metric": list(names)}), how="cross")
    enough = pl.col("n") >= pl.col("metric").replace_strict({name: BY_NAME[name].min_n for name in names})
    covered = [week.start for week in weeks if _is_covered(week, context.history_begins())]
    is_known = pl.col("week_start").is_in(covered) & ~(pl.col("is_uncovered") & (pl.col("n") == 0))
    return (
        grid.join(values, on=["week_start", "metric"], how="left")
        .join(_completeness(context, table, weeks), on="week_start", how="left")
        .with_columns(value=pl.when(enough & is_known).then("value"))
        .sort("week_start")
    )


def _is_covered(week: Week, begins: datetime | None) -> bool:
    return begins is None or week.starts_at >= begins


def _scope(context: Context) -> tuple[str, str] | None:
    """Return the scope of `weekly_metrics` that covers the filters; None if no scope does."""
    filters = context.filters
    if filters.ai != "all" or len(filters.repository_ids) > 1:
        return None
    if context.github_team_id:
        return None if filters.repository_ids else ("github_team", context.github_team_id)
    return ("repository", filters.repository_ids[0]) if filters.repository_ids else ("team", context.team_id)


def _stored(table: pl.DataFrame, scope: str, scope_id: str) -> pl.DataFrame:
    rows = table.filter((pl.col("scope") == scope) & (pl.col("scope_id") == scope_id))
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _computed(context: Context, names: Sequence[str], weeks: list[Week]) -> pl.DataFrame:
    frames = [_compute_weeks(context, BY_NAME[name], weeks) for name in names] if weeks else []
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames])


def _compute_weeks(context: Context, metric: Metric, weeks: list[Week]) -> pl.DataFrame:
    """Compute one row per week, with the columns of SCHEMA."""
    rows = rows_of(context, metric)
    if metric.source == "open_pull_requests":
        ends = [(week.start, min(week.ends_at, context.filters.end)) for week in weeks]
        placed = pl.concat([open_at(rows, end).with_columns(week_start=pl.lit(start)) for start, end in ends])
    else:
        timezone = context.team.timezone or "UTC"
        placed = rows.with_columns(week_start=week_start(metric.placed_by, timezone))
    counted = placed.filter(counting(metric, include_bots=False))
    values = counted.group_by("week_start").agg(metric.aggregates()).select("week_start", "value", "n")
    grid = pl.DataFrame({"week_start": [week.start for week in weeks]}, schema={"week_start": pl.Date})
    nothing = pl.lit(0.0 if metric.statistic == "count" else None, dtype=pl.Float64)
    return grid.join(values, on="week_start", how="left").select(
        "week_start", pl.lit(metric.name).alias("metric"), pl.coalesce("value", nothing), pl.col("n").fill_null(0)
    )


def _completeness(context: Context, table: pl.DataFrame, weeks: list[Week]) -> pl.DataFrame:
    """Return one row per week: `is_complete` if it is over and no selected repository lacks data of it.

    `is_uncovered` if something that counts in it is not fetched.
    """
    chosen = context.filters.repository_ids
    rows = table.filter(pl.col("scope_id").is_in(list(chosen))) if chosen else table.filter(pl.col("scope") == "team")
    uncovered = set(rows.filter(pl.col("is_uncovered"))["week_start"])
    partial = set(rows.filter(pl.col("is_partial"))["week_start"])
    known = set(rows["week_start"])
    end = context.filters.end
    complete = [week.is_over(end) and week.start in known and week.start not in partial for week in weeks]
    starts = [week.start for week in weeks]
    is_uncovered = [start in uncovered for start in starts]
    return pl.DataFrame(
        {"week_start": starts, "is_complete": complete, "is_uncovered": is_uncovered},
        schema={"week_start": pl.Date, "is_complete": pl.Boolean, "is_uncovered": pl.Boolean},
    )


def starts(weekly: pl.DataFrame) -> list[date]:
    """Return the Mondays of the weeks, oldest first."""
    return weekly["week_start"].unique().sort().to_list()


def sparkline(weekly: pl.DataFrame, metric: str) -> list[float]:
    """Return the values of complete weeks, oldest first; empty if fewer than three are known."""
    values = weekly.filter((pl.col("metric") == metric) & pl.col("is_complete"))["value"].drop_nulls().to_list()
    return values if len(values) >= MIN_SPARKLINE_WEEKS else []


def compute_by_week(context: Context, metric: Metric, aggregates: Sequence[pl.Expr]) -> pl.DataFrame:
    """Compute one row per week over the rows that the metric counts: the aggregates, `n`, `is_complete`.

    `n` is 0 and the aggregates are NULL in a week without such a row.
    """
    weeks = context.plan_weeks()
    grid = pl.DataFrame({"week_start": [week.start for week in weeks]}, schema={"week_start": pl.Date})
    placed = rows_of(context, metric).filter(counting(metric, include_bots=False))
    weekly = placed.group_by(week_start(metric.placed_by, context.team.timezone or "UTC").alias("week_start"))
    table = context.reader.weekly_metrics((metric.name,))
    return (
        grid.join(weekly.agg(pl.len().cast(pl.Int64).alias("n"), *aggregates), on="week_start", how="left")
        .with_columns(pl.col("n").fill_null(0))
        .join(_completeness(context, table, weeks).drop("is_uncovered"), on="week_start", how="left")
        .sort("week_start")
    )


def count_by_week(context: Context, metric: Metric, rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Count the rows that the metric counts by week and value of `by`: `is_complete`, and `n`, 0 for none."""
    weeks = context.plan_weeks()
    grid = pl.DataFrame({"week_start": [week.start for week in weeks]}, schema={"week_start": pl.Date})
    start = week_start(metric.placed_by, context.team.timezone or "UTC").alias("week_start")
    counted = rows.filter(counting(metric, include_bots=False)).group_by(start, by).agg(n=pl.len())
    counted = counted.join(grid, on="week_start", how="semi")
    table = context.reader.weekly_metrics((metric.name,))
    return (
        grid.join(counted.select(by).unique(), how="cross")
        .join(counted, on=["week_start", by], how="left")
        .with_columns(pl.col("n").fill_null(0).cast(pl.Int64))
        .join(_completeness(context, table, weeks), on="week_start", how="left")
        .sort("week_start", by)
    )
