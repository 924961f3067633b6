"""How completely the data cover each week of each repository."""

from datetime import datetime

import polars as pl

from warehouse.metrics.facts import Facts
from warehouse.metrics.weeks import Week, plan_weeks


def plan_history(facts: Facts, as_of: datetime) -> list[Week]:
    """Return the weeks since the oldest history of any repository: of earlier weeks only later updates are known."""
    starts = facts.repositories["history_from"].drop_nulls()
    oldest = starts.min() if starts.len() else facts.pull_requests["updated_at"].min()
    first = oldest if isinstance(oldest, datetime) and oldest < as_of else as_of
    return plan_weeks(first, as_of, facts.timezone)


def compute_coverage(facts: Facts, weeks: list[Week]) -> pl.DataFrame:
    """Return one row per repository and week: `repository_id`, `week_start`, `is_partial`.

    A week is partial if the history begins after its start, if the last scan began before its end (unless the week is
    not over: then it is incomplete, not partial), or if a pull request that has not been fetched can count in it. All
    weeks of a repository that was never scanned are partial.
    """
    frame = _frame(weeks)
    grid = facts.repositories.rename({"id": "repository_id"}).join(frame, how="cross")
    lacks_start = (pl.col("history_from") > pl.col("starts_at")).fill_null(value=True)
    lacks_end = (pl.col("watermark_at") < pl.col("ends_at")).fill_null(value=True) & ~pl.col("_is_last")
    return grid.join(_find_lacking(facts, frame), on=["repository_id", "week_start"], how="left").select(
        "repository_id", "week_start", is_partial=lacks_start | lacks_end | pl.col("_lacks_some").fill_null(value=False)
    )


def _find_lacking(facts: Facts, weeks: pl.DataFrame) -> pl.DataFrame:
    """Return the weeks of each repository in which a pull request that has not been fetched can count.

    Nothing happened to it before it was opened, and to one that is closed nothing after its last update.
    """
    may_be_open = pl.col("is_open").fill_null(value=True) | (pl.col("updated_at") >= pl.col("starts_at"))
    exists = pl.col("created_at").is_null() | (pl.col("created_at") < pl.col("ends_at"))
    lacking = facts.sync_items.join(weeks, how="cross").filter(exists & may_be_open)
    return lacking.select("repository_id", "week_start", _lacks_some=pl.lit(value=True)).unique()


def _frame(weeks: list[Week]) -> pl.DataFrame:
    last = weeks[-1].start if weeks else None
    rows = [(week.start, week.starts_at, week.ends_at, week.start == last) for week in weeks]
    timestamp = pl.Datetime("us", "UTC")
    types = {"week_start": pl.Date(), "starts_at": timestamp, "ends_at": timestamp, "_is_last": pl.Boolean()}
    return pl.DataFrame(rows, schema=types, orient="row")
