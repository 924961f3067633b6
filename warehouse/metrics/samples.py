"""The rows that metrics are computed over, one frame per `Source`.

All have `repository_id`, `is_bot` (a bot opened the pull request), `excluded_by` (why it does not count; NULL if it
does) and `is_complete`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from warehouse.metrics.accounts.lane import count_as_person, name_of_person
from warehouse.metrics.coverage import plan_history
from warehouse.metrics.facts import KEY, TIMESTAMP, Facts
from warehouse.metrics.life.activity import compute_activity
from warehouse.metrics.life.reviews import compute_reviews
from warehouse.metrics.metric import Source
from warehouse.metrics.periods import age_at
from warehouse.metrics.registry import columns_needed, metrics_with

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_OPEN = ("open_pull_requests", "week_end")


@dataclass(frozen=True)
class Samples:
    """What the weekly values of all metrics are computed from, and no other column.

    `pull_requests` is `pull_request_metrics` with `person_id`, the account that a row counts for, and `person_login`.
    `open_pull_requests` is from `open_at_week_ends`, `reviews` from `compute_reviews`.
    """

    pull_requests: pl.DataFrame
    open_pull_requests: pl.DataFrame
    reviews: pl.DataFrame

    def by_source(self) -> dict[Source, pl.DataFrame]:
        return {
            "pull_requests": self.pull_requests,
            "open_pull_requests": self.open_pull_requests,
            "reviews": self.reviews,
        }


def make_samples(facts: Facts, pull_request_metrics: pl.DataFrame, as_of: datetime) -> Samples:
    """Return the rows of all metrics. The ids of pull requests may be an Enum in both."""
    return sample(facts, pull_request_metrics, week_ends(facts, as_of), repositories_of(facts))


def sample(
    facts: Facts, pull_request_metrics: pl.DataFrame, ends: Sequence[tuple[date, datetime]], repositories: pl.Enum
) -> Samples:
    """Return the rows of a share of the facts; `repositories` are those of all of them."""
    people = {"person_id": count_as_person(), "person_login": name_of_person()}
    rows = pull_request_metrics.with_columns(pl.col("repository_id").cast(repositories), **people)
    placed = {(metric.source, metric.placed_by) for metric in metrics_with(has_issues=True)}
    closed = [_needed_by(rows, *place) for place in placed if place[0] == "pull_requests"]
    may_be_open = _narrow(rows.select(KEY, *_needed_by(rows, *_OPEN)))
    return Samples(
        _narrow(rows.select(name for name in rows.columns if name in {"person_login"}.union(*closed))),
        open_at_week_ends(may_be_open, compute_activity(facts), ends).drop(KEY),
        _narrow(compute_reviews(facts, rows).drop(KEY)),
    )


def _narrow(rows: pl.DataFrame) -> pl.DataFrame:
    """Make numbers of accounts, states and types, of which there are few: a quarter of the memory of their names."""
    return rows.with_columns(pl.col(pl.String).exclude(KEY).cast(pl.Categorical))


def concat_samples(samples: Iterable[Samples]) -> Samples:
    """Return the rows of all shares."""
    parts = list(samples)
    return Samples(
        pl.concat(part.pull_requests for part in parts),
        pl.concat(part.open_pull_requests for part in parts),
        pl.concat(part.reviews for part in parts),
    )


def week_ends(facts: Facts, as_of: datetime) -> list[tuple[date, datetime]]:
    """Return the Monday and the end of each week; the week that is not over is counted as it stands now."""
    return [(week.start, min(week.ends_at, as_of)) for week in plan_history(facts, as_of)]


def repositories_of(facts: Facts) -> pl.Enum:
    """Return the ids of repositories as numbers, by which all rows are grouped again and again."""
    ids = pl.concat([facts.repositories["id"], facts.pull_requests["repository_id"]])
    return pl.Enum(ids.unique().drop_nulls().sort())


def _needed_by(rows: pl.DataFrame, source: str, placed_by: str) -> list[str]:
    needed = columns_needed(source, placed_by)
    return [name for name in rows.columns if name in needed]


def open_at_week_ends(
    pull_requests: pl.DataFrame, activity: pl.DataFrame, ends: Sequence[tuple[date, datetime]]
) -> pl.DataFrame:
    """Return `open_at` of the ends of several weeks in one frame, with `week_start` and the activity up to each end."""
    starts, times = (list(column) for column in zip(*ends, strict=True)) if ends else ([], [])
    weeks = pl.DataFrame({"week_start": starts, "_end": times}, schema={"week_start": pl.Date, "_end": TIMESTAMP})
    rows = _open_in(pull_requests, weeks.with_row_index("_week"))
    activity = activity.join(rows.select(KEY).unique(), on=KEY, how="semi").sort("at")
    placed = rows.sort("_end").join_asof(
        activity.with_columns(last_activity_at="at"), left_on="_end", right_on="at", by=KEY, check_sortedness=False
    )
    return age_at(placed.drop("at", strict=False), pl.col("_end")).drop("_end")


def _open_in(pull_requests: pl.DataFrame, weeks: pl.DataFrame) -> pl.DataFrame:
    """Return one row per pull request and week at whose end it was open, as `was_open` says, with `week_start`."""
    ends = weeks["_end"]
    first = ends.search_sorted(pull_requests["opened_at"], side="right")
    last = ends.search_sorted(pull_requests["closed_at"].fill_null(_NEVER), side="right")
    spans = pull_requests.drop("last_activity_at").with_columns(_week=pl.int_ranges(first, last, dtype=pl.UInt32()))
    return spans.filter(pl.col("_week").list.len() > 0).explode("_week").join(weeks, on="_week").drop("_week")
