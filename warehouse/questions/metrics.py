"""Answer what a metric is over the last weeks: value, n, interval, change, definition, and the pull requests behind it.

The same functions as behind the dashboard's cards compute it, over the same days: the numbers are equal.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches

import duckdb
import polars as pl

from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.metrics.definitions.flow import STALE_PRS
from warehouse.metrics.facts import KEY
from warehouse.metrics.metric import Metric, value_of
from warehouse.metrics.periods import begin_with_history, compute_value, lacks_weeks
from warehouse.metrics.precision.changes import MetricChange, find_interval
from warehouse.metrics.precision.sides import Sides
from warehouse.metrics.weeks import week_of
from warehouse.questions.shown import shown_metrics
from warehouse.questions.views import VIEWS
from warehouse.reads.overview import read_pull_request_metrics, read_weekly_metrics
from warehouse.reads.reviews import read_submitted_reviews
from warehouse.reads.teams import read_repositories, read_timezone

MAX_WEEKS = 104

AS_OF_NOW = frozenset({STALE_PRS.name})
"""Metrics of how long nothing happened: the activity that is stored is that of now."""


class UnknownName(BadArgument):
    """There is no such metric or repository; the hint names similar ones."""


@dataclass(frozen=True)
class Question:
    """A metric over the last `weeks` whole weeks of seven days, of the team or of one repository (`OWNER/NAME`).

    With a `week`, a Monday, it is of that week in the team's zone instead: the stored weekly value.
    """

    metric: str
    weeks: int = 4
    repository: str = ""
    week: date | None = None


@dataclass(frozen=True)
class Side:
    """A metric in one period: `value` is None if `n` is 0 or too few; `low` and `high` its 95 % interval if known."""

    start: datetime
    end: datetime
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    lacking: int = 0


@dataclass(frozen=True)
class Change:
    """From the period before: a share of its value, or points of a share. `is_noise` if the interval holds 0."""

    by: float
    unit: str
    low: float | None
    high: float | None
    is_noise: bool


@dataclass(frozen=True)
class Answer:
    """A metric's answer. `note` says why there is no value or no change, or what to keep in mind; empty if nothing."""

    metric: str
    title: str
    definition: str
    unit: str
    better: str
    team_id: str
    repository: str
    now: Side
    before: Side
    change: Change | None
    note: str
    as_of: datetime

    def to_json(self) -> dict[str, object]:
        """Return plain values; timestamps as ISO 8601 in UTC."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def find_metric(name: str) -> Metric:
    """Return the metric of this name. Raises UnknownName."""
    shown = {metric.name: metric for metric in shown_metrics()}
    if name not in shown:
        similar = ", ".join(get_close_matches(name, shown, n=3, cutoff=0.4))
        raise UnknownName(f"There is no metric {name[:80]}.", f"Did you mean {similar}?" if similar else "")
    return shown[name]


@dataclass(frozen=True)
class Sources:
    """What answers about one metric are computed from, read once: the team's repositories, pull requests and weeks.

    `reviews` are there if the metric is of them.
    """

    team_id: str
    repositories: pl.DataFrame
    pull_requests: pl.DataFrame
    reviews: pl.DataFrame | None
    weekly: pl.DataFrame
    timezone: str = "UTC"


def read_sources(warehouse: Warehouse, team_id: str, name: str) -> Sources:
    """Read what answers about a metric are computed from. Raises UnknownName."""
    metric = find_metric(name)
    return Sources(
        team_id,
        read_repositories(warehouse, team_id),
        read_pull_request_metrics(warehouse, team_id),
        read_submitted_reviews(warehouse, team_id) if metric.source == "reviews" else None,
        read_weekly_metrics(warehouse, team_id, [metric.name]),
        read_timezone(warehouse, team_id),
    )


def answer(sources: Sources, question: Question) -> Answer:
    """Answer a question. Raises UnknownName, and BadArgument for weeks that cannot be."""
    metric, sides, facts = _select(sources, question)
    before, now = (_side(metric, rows, *days) for rows, days in zip((sides.before, sides.now), facts.days, strict=True))
    if metric.name in AS_OF_NOW:
        before = Side(before.start, before.end, None, 0)
        # Of a past week, only the view knows since when nothing had happened then: `read_behind` reads it.
        now = Side(now.start, now.end, None, 0) if question.week else now
    change, note = _change(sides, (before, now), facts)
    return Answer(
        metric=metric.name,
        title=metric.title,
        definition=metric.definition,
        unit=metric.unit,
        better=metric.better,
        team_id=sources.team_id,
        repository=facts.repository,
        now=now,
        before=before,
        change=change,
        note=note,
        as_of=facts.days[1][1],
    )


def read_behind(warehouse: Warehouse, sources: Sources, question: Question) -> pl.DataFrame:
    """Read the pull requests behind the value of the period, each once: `id`, `number`, `title`, `full_name`, times.

    `n` is how many rows of the metric each one is: 1, or its reviews for a metric of reviews; their sum is the n of the
    value. `value` is what it adds: its hours or lines, 1 or 0 for a share, 1 for a count; the mean of its reviews.
    `title` and `author_login` are hostile text. The latest come first.
    """
    _, sides, facts = _select(sources, question)
    rows = sides.now.select(KEY, value=value_of(sides.metric).cast(pl.Float64))
    if sides.metric.name in AS_OF_NOW and question.week:
        rows = _read_then(warehouse, sources, question, facts)
    counted = rows.group_by(KEY).agg(pl.col("value").mean(), n=pl.len()).rename({KEY: "id"})
    found = warehouse.read(_BEHIND, [counted["id"].to_list()])
    return found.join(counted, on="id", how="left", maintain_order="left")


def _read_then(warehouse: Warehouse, sources: Sources, question: Question, facts: "_Facts") -> pl.DataFrame:
    """Read the rows of a past week from the view: how long nothing had happened then is not among what is read here."""
    sql = f"SELECT pull_request_id, value FROM {VIEWS['open_pull_requests']} WHERE metric = ? AND team_id = ? AND week_start = ?"  # noqa: S608, E501  the name is ours
    values: list[object] = [question.metric, sources.team_id, question.week]
    if facts.repository:
        sql, values = f"{sql} AND repository_id = ?", [*values, facts.repository_id]
    try:
        return warehouse.read(sql, values)
    except duckdb.CatalogException:
        hint = "The next run of the team makes it, or `prflow sync OWNER/NAME` at once."
        raise BadArgument("The view of what was open each week is not made yet.", hint) from None


@dataclass(frozen=True)
class _Facts:
    repository: str
    repository_id: str
    days: tuple[tuple[datetime, datetime], tuple[datetime, datetime]]
    covered_from: datetime | None
    is_cut: bool
    lacks_weeks: bool


def _select(sources: Sources, question: Question) -> tuple[Metric, Sides, _Facts]:
    """Return the metric, and its rows of the period before and of the period."""
    metric = find_metric(question.metric)
    if not 1 <= question.weeks <= MAX_WEEKS:
        raise BadArgument(f"A period has 1 to {MAX_WEEKS} weeks, not {question.weeks}.", "")
    repositories, prs = sources.repositories, sources.pull_requests
    if question.repository:
        repositories = repositories.filter(pl.col("full_name").str.to_lowercase() == question.repository.lower())
        if repositories.is_empty():
            raise UnknownName(f"{question.repository[:200]} is not followed.", "Write it as OWNER/NAME.")
    end = prs["as_of"].max()
    if not isinstance(end, datetime):
        raise BadArgument("Nothing is computed yet.", "`prflow status` says how far the import is.")
    if question.repository:
        prs = prs.filter(pl.col("repository_id") == repositories["id"][0])
    rows = prs if sources.reviews is None else sources.reviews.join(prs.select(KEY), on=KEY, how="semi")
    starts = repositories["history_from"]
    newest = None if starts.null_count() else starts.max()
    covered_from = newest if isinstance(newest, datetime) else None
    days, is_cut = _plan_days(sources, question, end, covered_from)
    scope_id = repositories["id"][0] if question.repository else sources.team_id
    sides = Sides.select(metric, rows, *days[0], days[1][1])
    return (
        metric,
        sides,
        _Facts(
            repository=repositories["full_name"][0] if question.repository else "",
            repository_id=repositories["id"][0] if question.repository else "",
            days=days,
            covered_from=covered_from,
            is_cut=is_cut,
            lacks_weeks=lacks_weeks(sources.weekly.filter(pl.col("scope_id") == scope_id), days[0][0], days[1][1]),
        ),
    )


def _plan_days(
    sources: Sources, question: Question, end: datetime, covered_from: datetime | None
) -> tuple[tuple[tuple[datetime, datetime], tuple[datetime, datetime]], bool]:
    """Return the days of the period before and of the period, and whether the history cuts it."""
    if question.week is None:
        asked_from = end - timedelta(weeks=question.weeks)
        start = begin_with_history(asked_from, end, covered_from)
        return ((start - (end - start), start), (start, end)), start != asked_from
    if question.week.weekday() or not sources.weekly["week_start"].is_in([question.week]).any():
        raise BadArgument(f"There are no numbers of a week that begins on {question.week}.", _say_weeks(sources))
    before, week = (week_of(question.week - timedelta(weeks=ago), sources.timezone) for ago in (1, 0))
    return ((before.starts_at, before.ends_at), (week.starts_at, min(week.ends_at, end))), False


def _say_weeks(sources: Sources) -> str:
    weeks = sources.weekly["week_start"].sort().to_list()
    return f"There are those of the weeks from {weeks[0]} to {weeks[-1]}." if weeks else "Nothing is computed yet."


def _side(metric: Metric, rows: pl.DataFrame, start: datetime, end: datetime) -> Side:
    found = compute_value(metric, rows)
    interval = None if found.is_too_few else find_interval(metric, rows)
    lacking = 0 if not metric.needs_data else rows.height - rows.filter("is_complete").height
    side = Side(start, end, None if found.is_too_few else found.value, found.n, lacking=lacking)
    return replace(side, low=interval.low, high=interval.high) if interval else side


def _change(sides: Sides, values: tuple[Side, Side], facts: _Facts) -> tuple[Change | None, str]:
    if reason := _say_why_not(sides, values, facts):
        return None, reason
    found = sides.change()
    if found is None or (found.interval is None and sides.metric.min_n > 0):
        return None, "Too few to compare with the period before."
    return _as_change(sides.metric, found), "The change is within noise." if found.is_noise else ""


def _say_why_not(sides: Sides, values: tuple[Side, Side], facts: _Facts) -> str:
    """Say why the period is not compared with the one before; empty if it is."""
    metric, (before, now) = sides.metric, values
    if facts.is_cut:
        return (
            f"The imported history begins on {now.start:%Y-%m-%d}: the period is shorter than asked for, not compared."
        )
    if facts.covered_from is None or facts.covered_from > before.start:
        since = f" begins on {facts.covered_from:%Y-%m-%d}" if facts.covered_from else " is not complete"
        return f"The imported history{since}: not compared."
    if not sides.can_be_compared:
        return "Too many pull requests lack data: not compared."
    if facts.lacks_weeks:
        return "Data of some weeks are missing: not compared."
    if now.value is None:
        return f"Too few: {now.n} in the period, at least {metric.min_n} are needed."
    if metric.name in AS_OF_NOW:
        return "What was idle then is not known from the activity of today: `weekly_metrics` has it by week."
    return "" if metric.has_interval else "Not compared: no interval is known for it."


def _as_change(metric: Metric, found: MetricChange) -> Change:
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return Change(found.by, "points" if metric.flag is not None else "share", low, high, found.is_noise)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: _plain(part) for name, part in value.items()} if isinstance(value, dict) else value


_BEHIND = """
SELECT p.id, r.full_name, p.number, p.title, p.author_login, p.state, p.created_at, p.merged_at,
       m.cycle_time_hours, m.size_lines, m.work_type, m.ai_level, t.web_url
FROM pull_requests p
JOIN pull_request_metrics m ON m.pull_request_id = p.id
LEFT JOIN repositories r ON r.id = p.repository_id
LEFT JOIN teams t ON t.team_id = p.team_id
WHERE p.id IN (SELECT unnest(?))
ORDER BY coalesce(p.merged_at, p.closed_at, p.created_at) DESC, p.id
"""
