"""What a week said on a day and says now, and why: metric by metric, pull request by pull request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from math import isclose

import polars as pl

from warehouse.connection import Row, Warehouse
from warehouse.history.basis import ANCHORS, DEFINITION, TIMEZONE, has_basis
from warehouse.history.reasons import find_reason
from warehouse.history.reviewed import COUNTS, Reviewed
from warehouse.history.said import (
    Report,
    go_back,
    read_basis_changes,
    read_pull_requests_now,
    read_values_at,
    read_values_now,
)
from warehouse.history.since import Reason, Review, Setting, Since, Why
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.life.activity import compute_activity
from warehouse.metrics.life.responses import compute_human_reviews
from warehouse.metrics.metric import ALWAYS, Metric
from warehouse.metrics.periods import compute_value, select_pull_requests
from warehouse.metrics.registry import metrics_with
from warehouse.metrics.weeks import Week, week_of
from warehouse.read_facts import read_facts, read_review_facts

_OF_PULL_REQUEST = "_what"


@dataclass(frozen=True)
class Cause:
    """Why a metric moved; of one pull request, or of the metric as a whole if `pull_request_id` is None."""

    reason: Reason
    words: str
    pull_request_id: str | None = None
    pull_request: str | None = None


@dataclass(frozen=True)
class Moved:
    """One metric of the week: `then` and `now` with VALUES, None if nothing was said, and the `causes` of what moved.

    Pull requests may count otherwise and the value be the same: then there are causes, too.
    """

    metric: Metric
    then: Row | None
    now: Row | None
    causes: tuple[Cause, ...] = ()

    @property
    def has_moved(self) -> bool:
        return any(not _same(*((row or {}).get(name) for row in (self.then, self.now))) for name in ("value", "n"))


@dataclass(frozen=True)
class Scope:
    """The organisation, or one of its repositories."""

    repository_id: str | None = None

    @property
    def name(self) -> str:
        return "repository" if self.repository_id else "team"

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame if self.repository_id is None else frame.filter(pl.col("repository_id") == self.repository_id)


class Comparison:
    """Compares what a week says now with what a report said of it."""

    def __init__(self, warehouse: Warehouse, report: Report, week: date, scope: Scope, zone: str) -> None:
        self._warehouse, self._report, self._scope = warehouse, report, scope
        self._week_then, self._week_now = week_of(week, report.timezone), week_of(week, zone)
        self._is_known = has_basis(warehouse, report.team_id, report.until)
        self.settings = [Setting(**row) for row in read_basis_changes(warehouse, report).to_dicts()]

    def compare(self, metrics: Sequence[Metric]) -> list[Moved]:
        """Return one row per metric that was said then or is said now."""
        start, parameters = self._week_now.start, (self._scope.name, self._scope.repository_id)
        before = read_values_at(self._warehouse, self._report, start, *parameters)
        after = read_values_now(self._warehouse, self._report, start, *parameters)
        then, now = ({row["metric"]: row for row in rows.to_dicts()} for rows in (before, after))
        found = []
        for metric in metrics:
            one = Moved(metric, then.get(metric.name), now.get(metric.name))
            if one.then or one.now:
                found.append(Moved(metric, one.then, one.now, tuple(self._explain(one))))
        return found

    def _explain(self, moved: Moved) -> Iterator[Cause]:
        metric = moved.metric
        if metric.source != "pull_requests" and not moved.has_moved:
            return  # it takes all activity, or all reviews, to tell, and most weeks nothing is to be told
        then, now = self._contributions(metric)
        both = then.join(now, on=KEY, how="full", coalesce=True, suffix="_now").filter(
            pl.col(_OF_PULL_REQUEST).ne_missing(pl.col(f"{_OF_PULL_REQUEST}_now"))
        )
        for key in sorted(both[KEY]):
            reason, words = self._reason(metric, key)
            yield Cause(reason, words, key, self._name(key))
        yield from self._of_metric(metric, moved, has_pull_requests=both.height > 0)

    def _of_metric(self, metric: Metric, moved: Moved, *, has_pull_requests: bool) -> Iterator[Cause]:
        """Yield what moved it as a whole: its definition, or time, by which what is open counts for longer."""
        if moved.has_moved and not self._is_known:
            yield Cause(
                Reason.DEFINITION, "an earlier version of prflow had computed it, of which only the numbers are kept"
            )
            return
        changed = [one for one in self.settings if one.kind == DEFINITION and one.name in {metric.name, ANCHORS}]
        if metric.source != "pull_requests" and has_pull_requests:  # whose rows cannot tell if a version did, too
            changed = [one for one in changed if one.name == metric.name]
        if changed and not self._is_as_said(metric, moved):
            versions = [one.value for one in changed if one.name == metric.name]
            words = f"{versions[0]} then, {versions[-1]} now" if len(versions) > 1 else changed[-1].words
            yield Cause(Reason.DEFINITION, f"{words} (since {changed[-1].changed_at:%Y-%m-%d})")
        elif moved.has_moved and not has_pull_requests:
            yield Cause(*self._without_pull_requests(metric))

    def _without_pull_requests(self, metric: Metric) -> Why:
        zones = [one for one in self.settings if one.name == TIMEZONE and not one.is_over]
        if zones and self._week_then != self._week_now:
            return Reason.SETTING, f"the week is cut otherwise: {zones[-1].words}"
        if metric.is_censored:
            return Reason.NEW_DATA, "what is still open has been known for longer"
        return Reason.NEW_DATA, "the same pull requests, known more completely"

    def _is_as_said(self, metric: Metric, moved: Moved) -> bool:
        """Return whether the rows of then give what was said then under the definition of today."""
        if metric.source != "pull_requests":
            return False
        again = compute_value(metric, self._selected(metric, self._then, self._week_then))
        said = moved.then or {}
        return _same(again.value, said.get("value")) and _same(again.n, said.get("n"))

    def _contributions(self, metric: Metric) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what each pull request gave to the metric then and now: the same text if nothing changed."""
        if metric.source == "reviews":
            return self._of_reviews(metric)
        what = _contribution(metric)
        found = []
        for rows, week in ((self._then, self._week_then), (self._now, self._week_now)):
            found.append(self._selected(metric, rows, week).select(KEY, what))
        return found[0], found[1]

    def _selected(self, metric: Metric, rows: pl.DataFrame, week: Week) -> pl.DataFrame:
        if metric.source == "open_pull_requests":
            rows = rows.drop("last_activity_at").join(self._activity(week), on=KEY, how="left")
        as_of = rows["as_of"].max()
        end = min(week.ends_at, as_of) if isinstance(as_of, datetime) else week.ends_at
        return select_pull_requests(metric, rows, week.starts_at, end)

    def _activity(self, week: Week) -> pl.DataFrame:
        """Return the last activity of each pull request up to the end of the week, which no later data change."""
        until = compute_activity(self._facts).filter(pl.col("at") <= week.ends_at)
        return until.group_by(KEY).agg(last_activity_at=pl.col("at").max())

    def _of_reviews(self, metric: Metric) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return how many reviews, or approvals, of the week each pull request that counts gave then and now."""
        (counted,) = _columns_of(metric)
        found = []
        for rows, counts in zip((self._then, self._now), self._reviewed.count_each(), strict=True):
            own = rows.filter(~pl.col("is_bot"), pl.col("excluded_by").is_null()).select(KEY)
            given = counts.filter(pl.col(counted) > 0).join(own, on=KEY, how="semi")
            found.append(given.select(KEY, pl.col(counted).cast(pl.String).alias(_OF_PULL_REQUEST)))
        return found[0], found[1]

    def _reason(self, metric: Metric, key: str) -> Why:
        then, now = (_find(rows, key) for rows in (self._then, self._now))
        reviews = self._reviews.filter(pl.col(KEY) == key)
        if metric.source == "reviews":  # only those of the week count
            reviews = self._reviewed.of(key)
            counts_then, counts_now = self._reviewed.count_both(key)
            then, now = then and then | counts_then, now and now | counts_now
        own = {"include_bots": metric.include_bots, "include_excluded": metric.include_excluded}
        return find_reason(then, now, _columns_of(metric), self._since(key, reviews), **own)

    def _since(self, key: str, reviews: pl.DataFrame) -> Since:
        name = self._names.get(key, {})
        return Since(
            self._report.said_at,
            self.settings,
            [Review(**one) for one in reviews.select("login", "state", "submitted_at").to_dicts()],
            name.get("fetched_at"),
            str(name.get("repository_id") or ""),
            str(name.get("full_name") or ""),
            set(self._times.filter(pl.col(KEY) == key)["account_id"]),
        )

    def _name(self, key: str) -> str | None:
        name = self._names.get(key)
        return f"{name['full_name']}#{name['number']}" if name else None

    @cached_property
    def _now(self) -> pl.DataFrame:
        return self._scope.rows(self._every)

    @cached_property
    def _then(self) -> pl.DataFrame:
        return self._scope.rows(go_back(self._warehouse, self._report, self._every))

    @cached_property
    def _every(self) -> pl.DataFrame:
        return read_pull_requests_now(self._warehouse, self._report.team_id)

    @cached_property
    def _facts(self) -> Facts:
        return read_facts(self._warehouse, self._report.team_id)

    @cached_property
    def _reviews(self) -> pl.DataFrame:
        """The reviews that count, in the order of time: `login`, `state` and `submitted_at` of each."""
        made = compute_human_reviews(self._review_facts).sort("at", "id")
        return made.select(KEY, pl.col("login").fill_null("somebody"), "state", submitted_at="at")

    @cached_property
    def _times(self) -> pl.DataFrame:
        """All reviews, by bots too: `account_id` and `submitted_at` of each."""
        return self._review_facts.reviews.select(KEY, "submitted_at", account_id="author_id")

    @cached_property
    def _reviewed(self) -> Reviewed:
        weeks = (self._week_then, self._week_now)
        return Reviewed(self._reviews, lambda: self._times, self._then, self._report.said_at, *weeks)

    @cached_property
    def _review_facts(self) -> Facts:
        return read_review_facts(self._warehouse, self._report.team_id)

    @cached_property
    def _names(self) -> dict[str, Row]:
        rows = self._warehouse.read(_NAMES, [self._report.team_id])
        return {row["id"]: row for row in rows.to_dicts()}


def read_zone(warehouse: Warehouse, team_id: str) -> str:
    """Return the zone in which the weeks of a team begin now."""
    row = warehouse.read_one("SELECT coalesce(timezone, 'UTC') AS zone FROM teams WHERE team_id = ?", [team_id])
    return str(row["zone"]) if row else "UTC"


def read_dismissals(warehouse: Warehouse, report: Report, week: Week) -> pl.DataFrame:
    """Read the approvals that were dismissed since, of pull requests that were open, merged or closed in the week.

    One row each: `pull_request`, `actor`, `dismissed_at`. If GitHub lists the dismissal, the approval counts as one
    until then, and no number moves.
    """
    return warehouse.read(_DISMISSALS, [report.team_id, report.said_at, week.ends_at, week.starts_at])


def find_metrics(names: Sequence[str]) -> list[Metric]:
    """Return the metrics of these names, all if there is none."""
    return [metric for metric in metrics_with(has_issues=True) if not names or metric.name in names]


def _find(rows: pl.DataFrame, key: str) -> Row | None:
    found = rows.filter(pl.col(KEY) == key).to_dicts()
    return found[0] if found else None


def _contribution(metric: Metric) -> pl.Expr:
    """Return what a row gives to a metric, as text: its value, whether it is counted, or that it is open."""
    if metric.column is not None:
        what = pl.col(metric.column).cast(pl.String)
    elif metric.flag is not None:
        said = metric.flag.fill_null(value=False).cast(pl.Int8).cast(pl.String)
        is_open = ~metric.flag.fill_null(value=False) & pl.col("closed_at").is_null()
        what = pl.when(is_open).then(pl.lit("open")).otherwise(said) if metric.is_censored else said
    else:
        what = pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("-") for name in _roots(metric.value)] or [pl.lit("1")]
        )
    return what.fill_null("-").alias(_OF_PULL_REQUEST)


def _roots(*expressions: pl.Expr | None) -> list[str]:
    return sorted({name for one in expressions if one is not None for name in one.meta.root_names()})


_BEHIND = {
    "cycle_time_hours": ("first_commit_at", "ready_at", "merged_at"),
    "idle_hours": ("last_activity_at",),
    "open_hours": ("opened_at",),
}


def _columns_of(metric: Metric) -> set[str]:
    """Return the columns that decide what a pull request gives to a metric."""
    if metric.source == "reviews":
        return {COUNTS["state" in _roots(metric.counts)]}
    counts = metric.counts if metric.counts is not ALWAYS else None
    columns = {*_roots(metric.value, counts, metric.flag, metric.numerator, metric.denominator)}
    placed = {"opened_at", "closed_at"} if metric.source == "open_pull_requests" else {metric.placed_by}
    return columns | placed | {name for one in columns for name in _BEHIND.get(one, ())}


def _same(one: object, other: object) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other or (not one and not other and not (one is None) ^ (other is None))


_NAMES = """
SELECT p.id, p.repository_id, r.full_name, p.number, p.fetched_at
FROM pull_requests p JOIN repositories r ON r.id = p.repository_id WHERE p.team_id = ?
"""
_DISMISSALS = """
SELECT r.full_name || '#' || p.number AS pull_request, e.actor_login AS actor, e.created_at AS dismissed_at
FROM timeline_events e JOIN pull_requests p ON p.id = e.pull_request_id JOIN repositories r ON r.id = p.repository_id
WHERE e.team_id = ? AND e.kind = 'ReviewDismissed' AND e.previous_value = 'APPROVED' AND e.created_at > ?
  AND p.created_at < ? AND coalesce(p.merged_at, p.closed_at, 'infinity'::TIMESTAMPTZ) >= ?
ORDER BY e.created_at, 1
"""
