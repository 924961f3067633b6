"""ISO weeks in the team's time zone, and which of them the data do not fully cover.

A week begins on Monday 00:00 local time, included, and ends where the next begins, excluded: with a change
of the clocks in it, it is an hour longer or shorter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from warehouse.metrics.facts import Facts


@dataclass(frozen=True)
class Week:
    """One week `[starts_at, ends_at)`, named by its Monday; the moments are UTC."""

    start: date
    starts_at: datetime
    ends_at: datetime

    def is_over(self, as_of: datetime) -> bool:
        return self.ends_at <= as_of


def plan_weeks(first: datetime, as_of: datetime, timezone: str) -> list[Week]:
    """Every week from the one that holds `first` to the one that holds `as_of`, whether or not anything happened."""
    start, last = monday_of(first, timezone), monday_of(as_of, timezone)
    count = (last - start).days // 7 + 1
    return [week_of(start + timedelta(weeks=index), timezone) for index in range(count)]


def monday_of(moment: datetime, timezone: str) -> date:
    local = moment.astimezone(ZoneInfo(timezone)).date()
    return local - timedelta(days=local.weekday())


def week_start(column: str, timezone: str) -> pl.Expr:
    """The Monday of a UTC timestamp: the same as `monday_of`."""
    local = pl.col(column).dt.convert_time_zone(timezone).dt.date()
    return local - pl.duration(days=local.dt.weekday() - 1)


def plan_history(facts: Facts, as_of: datetime) -> list[Week]:
    """The weeks since the oldest history of any repository: before it only what was touched again is known."""
    starts = facts.repositories["history_from"].drop_nulls()
    oldest = starts.min() if starts.len() else facts.pull_requests["updated_at"].min()
    first = oldest if isinstance(oldest, datetime) and oldest < as_of else as_of
    return plan_weeks(first, as_of, facts.timezone)


def compute_coverage(facts: Facts, weeks: list[Week]) -> pl.DataFrame:
    """One row per repository and week: `repository_id`, `week_start`, `is_partial`.

    A week is partial where the history begins after its start, where the last scan began before its end
    (unless the week is not over: then it is incomplete, not partial), or where a pull request that was
    touched since it began has not been fetched. A repository that was never scanned has no whole week.
    """
    missing = facts.sync_items.group_by("repository_id").agg(_missing_until=pl.col("updated_at").max())
    grid = facts.repositories.rename({"id": "repository_id"}).join(_frame(weeks), how="cross")
    lacks_start = (pl.col("history_from") > pl.col("starts_at")).fill_null(value=True)
    lacks_end = (pl.col("watermark_at") < pl.col("ends_at")).fill_null(value=True) & ~pl.col("_is_last")
    lacks_some = (pl.col("_missing_until") >= pl.col("starts_at")).fill_null(value=False)
    return grid.join(missing, on="repository_id", how="left").select(
        "repository_id", "week_start", is_partial=lacks_start | lacks_end | lacks_some
    )


def week_of(start: date, timezone: str) -> Week:
    """The week that begins on the Monday `start`."""

    def moment(day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)

    return Week(start, moment(start), moment(start + timedelta(weeks=1)))


def _frame(weeks: list[Week]) -> pl.DataFrame:
    last = weeks[-1].start if weeks else None
    rows = [(week.start, week.starts_at, week.ends_at, week.start == last) for week in weeks]
    moment = pl.Datetime("us", "UTC")
    types = {"week_start": pl.Date(), "starts_at": moment, "ends_at": moment, "_is_last": pl.Boolean()}
    return pl.DataFrame(rows, schema=types, orient="row")
