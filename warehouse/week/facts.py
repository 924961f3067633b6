"""Find the facts of a week: what was counted, what moved and by how much, insights, and what stands out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

import polars as pl

from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import compute_value, select_pull_requests
from warehouse.metrics.precision.changes import MetricChange, measure_change
from warehouse.metrics.registry import BY_NAME
from warehouse.metrics.weeks import Week, week_of
from warehouse.week.compared import WEEKS, Compared
from warehouse.week.fact import SUBJECTS, Direction, Fact, Unit

MERGED = BY_NAME["merged_prs"]
COMPARED = ("cycle_time_p50_hours", "first_review_p50_hours", "reviewed_share", "pr_size_p50_lines")
"""Metrics of the four weeks that end with the week, against the four before: one week alone has too few."""
METRICS = (MERGED.name, *COMPARED)
# Of fewer, the longest says nothing.
MIN_N_OF_NOTABLE = 5
NOTABLE: tuple[tuple[str, str, Unit], ...] = (
    ("longest_cycle_time", "cycle_time_hours", "hours"),
    ("largest_pull_request", "size_lines", "lines"),
)


@dataclass(frozen=True)
class WeekData:
    """What the facts of a week are found in.

    `pull_requests` are `pull_request_metrics`; `insights` the rows of `insights` whose last week it is, the most
    important first; `names` the full name of each repository by id.
    """

    week: Week
    timezone: str
    pull_requests: pl.DataFrame
    compared: Compared
    insights: pl.DataFrame
    names: Mapping[str, str]


def find_facts(data: WeekData) -> list[Fact]:
    """Return the facts of a complete week, the most important first."""
    changes = list(_find_changes(data))
    clear = [fact for fact in changes if fact.direction in {"up", "down"}]
    rest = [fact for fact in changes if fact not in clear]
    return [_count_merged(data), *_read_insights(data), *clear, *_find_notable(data), *rest]


def _count_merged(data: WeekData) -> Fact:
    before = week_of(data.week.start - timedelta(weeks=1), data.timezone)
    old, new = (
        select_pull_requests(MERGED, data.pull_requests, one.starts_at, one.ends_at) for one in (before, data.week)
    )
    is_known = not data.compared.find_obstacle(MERGED)
    change = measure_change(MERGED, old, new) if is_known else None
    return Fact(
        key=f"{MERGED.name}:week",
        subject=MERGED.name,
        unit="count",
        statistic="count",
        week_start=data.week.start,
        weeks=1,
        now=float(new.height),
        n=new.height,
        before=float(old.height) if is_known else None,
        n_before=old.height if is_known else None,
        pull_request_ids=_ids(new),
        **_change(change, "unclear" if is_known else None),
    )


def _find_changes(data: WeekData) -> Iterator[Fact]:
    for name in COMPARED:
        metric = BY_NAME[name]
        if metric.name not in data.compared.whole_now:
            continue
        sides = data.compared.select(metric, data.pull_requests)
        change, _ = data.compared.compare(sides)
        # A change is that of the pull requests that lack nothing: so are the figures that are said with it.
        sides = sides.without_lacking() if change else sides
        now, before = compute_value(metric, sides.now), compute_value(metric, sides.before)
        if now.is_too_few or now.value is None:
            continue
        yield Fact(
            key=f"{name}:weeks",
            subject=name,
            unit=_unit(metric),
            statistic="share" if metric.flag is not None else "median",
            week_start=data.week.start,
            weeks=WEEKS,
            now=now.value,
            n=now.n,
            before=before.value if change else None,
            n_before=before.n if change else None,
            pull_request_ids=_ids(sides.now),
            **_change(change, None),
        )


class _Moved(TypedDict, total=False):
    change: float | None
    low: float | None
    high: float | None
    direction: Direction | None


def _change(change: MetricChange | None, otherwise: Direction | None) -> _Moved:
    if change is None or change.interval is None:
        return {"direction": otherwise}
    towards: Direction = "up" if change.by > 0 else "down"
    direction: Direction = "unclear" if change.is_noise else towards
    return {"change": change.by, "low": change.interval.low, "high": change.interval.high, "direction": direction}


def _read_insights(data: WeekData) -> Iterator[Fact]:
    """Yield what the detectors found to have moved, if it can be said of a metric."""
    for row in data.insights.iter_rows(named=True):
        metric, before = BY_NAME.get(row["metric"] or ""), row["previous_value"]
        if metric is None or metric.name not in SUBJECTS or None in (before, row["value"], row["n"]):
            continue
        yield Fact(
            key=f"insight:{row['detector']}:{metric.name}:{row['scope_id'] if row['scope'] == 'repository' else ''}",
            subject=metric.name,
            unit=_unit(metric),
            statistic="share" if metric.flag is not None else "median",
            week_start=data.week.start,
            weeks=0,
            now=row["value"],
            n=row["n"],
            before=before,
            n_before=row["n_before"],
            direction="up" if row["value"] > before else "down",
            repository=data.names.get(row["scope_id"], row["scope_id"]) if row["scope"] == "repository" else "",
            pull_request_ids=tuple(row["pull_request_ids"] or ()),
        )


def _find_notable(data: WeekData) -> Iterator[Fact]:
    merged = select_pull_requests(MERGED, data.pull_requests, data.week.starts_at, data.week.ends_at)
    if merged.height < MIN_N_OF_NOTABLE:
        return
    for kind, column, unit in NOTABLE:
        known = merged.filter(pl.col(column).is_not_null(), pl.col("is_complete"))
        top = known.sort(column, "pull_request_id", descending=[True, False]).head(1).to_dicts()
        if known.height == merged.height and top:
            name = data.names.get(top[0]["repository_id"], top[0]["repository_id"])
            yield Fact(
                key=f"{kind}:{top[0]['pull_request_id']}",
                subject=kind,
                unit=unit,
                statistic="largest",
                week_start=data.week.start,
                weeks=1,
                now=float(top[0][column]),
                n=merged.height,
                reference=f"{name}#{top[0]['number']}",
                pull_request_ids=(top[0]["pull_request_id"],),
            )


def _unit(metric: Metric) -> Unit:
    return "share" if metric.unit == "share" else "lines" if metric.unit == "lines" else "hours"


def _ids(rows: pl.DataFrame) -> tuple[str, ...]:
    ids: Sequence[str] = rows["pull_request_id"].sort().to_list()
    return tuple(ids)
