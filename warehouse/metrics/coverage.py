"""How completely the data cover each week of each repository."""

from datetime import datetime

import polars as pl

from warehouse.metrics.facts import TIMESTAMP, Facts
from warehouse.metrics.weeks import Week, plan_weeks


def plan_history(facts: Facts, as_of: datetime) -> list[Week]:
    """Return the weeks since the oldest history of any repository: of earlier weeks only later updates are known."""
    starts = facts.repositories["history_from"].drop_nulls()
    oldest = starts.min() if starts.len() else facts.oldest_update or facts.pull_requests["updated_at"].min()
    first = oldest if isinstance(oldest, datetime) and oldest < as_of else as_of
    return plan_weeks(first, as_of, facts.timezone)


def compute_coverage(facts: Facts, weeks: list[Week]) -> pl.DataFrame:
    """Return one row per repository and week: `repository_id`, `week_start` and what the data of it lack.

    A week `is_partial` if the history begins after its start, if the last scan began before its end (unless the week is
    not over: then it is incomplete, not partial), or if a pull request that has not been fetched can count in it. All
    weeks of a repository that was never scanned are partial. `is_partial_of_ended` is the same for what was merged or
    closed, in which one that is open cannot count. `is_partial_of_open` is the same for what is open, and true in every
    week until the history begins where it is to begin: what is open and older is listed only then.
    """
    frame = _frame(weeks)
    grid = facts.repositories.rename({"id": "repository_id"}).join(frame, how="cross")
    lacks_start = (pl.col("history_from") > pl.col("starts_at")).fill_null(value=True)
    lacks_end = (pl.col("watermark_at") < pl.col("ends_at")).fill_null(value=True) & ~pl.col("_is_last")
    is_uncovered = lacks_start | lacks_end
    is_partial = is_uncovered | pl.col("_lacks_some").is_not_null()
    lacks_old = (pl.col("history_from") > pl.lit(facts.history_start, TIMESTAMP)).fill_null(value=False)
    return grid.join(_find_lacking(facts, frame), on=["repository_id", "week_start"], how="left").select(
        "repository_id",
        "week_start",
        is_partial=is_partial,
        is_partial_of_ended=is_uncovered | pl.col("_lacks_some").fill_null(value=False),
        is_partial_of_open=is_partial | lacks_old,
    )


def _find_lacking(facts: Facts, weeks: pl.DataFrame) -> pl.DataFrame:
    """Return the weeks of each repository in which a pull request that has not been fetched can count.

    Nothing happened to it before it was opened, and to one that is closed nothing after its last update. `_lacks_some`
    is false if all of them are open.
    """
    may_be_open = pl.col("is_open").fill_null(value=True) | (pl.col("updated_at") >= pl.col("starts_at"))
    exists = pl.col("created_at").is_null() | (pl.col("created_at") < pl.col("ends_at"))
    lacking = facts.sync_items.join(weeks, how="cross").filter(exists & may_be_open)
    has_ended = ~pl.col("is_open").fill_null(value=False)
    return lacking.group_by("repository_id", "week_start").agg(_lacks_some=has_ended.any())


def _frame(weeks: list[Week]) -> pl.DataFrame:
    last = weeks[-1].start if weeks else None
    rows = [(week.start, week.starts_at, week.ends_at, week.start == last) for week in weeks]
    types = {"week_start": pl.Date(), "starts_at": TIMESTAMP, "ends_at": TIMESTAMP, "_is_last": pl.Boolean()}
    return pl.DataFrame(rows, schema=types, orient="row")
