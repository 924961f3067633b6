"""The input of the detectors, and the form of their findings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from math import comb
from typing import Literal

import polars as pl

from warehouse.insights import comparison
from warehouse.insights.phases import PHASES, Phase
from warehouse.insights.shares import SHARES, Severity
from warehouse.insights.shifts import Shift, measure_shifts
from warehouse.metrics.definitions.flow import CYCLE_TIME_P50_HOURS, OPEN_PRS
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.weeks import Week, week_of

# A change is looked for between the last weeks and those before them: a quarter of complete weeks, and up to four weeks
# further back in place of those that lack data. What is older says little about now.
MAX_WEEKS = 12
MAX_LOOK_BACK_WEEKS = 16
MAX_RECENT_WEEKS = 4
# Named in a finding; the rest is counted.
MAX_PULL_REQUESTS = 20

# How often, of all weeks in which nothing changed, anything of a kind is said: 4.4 % together.
FALSE_ALARMS_SLOWER = 0.034
FALSE_ALARMS_QUICKER = 0.006
FALSE_ALARMS_SHARES = 0.0042


@dataclass(frozen=True)
class WeeksNeeded:
    """How many complete weeks it takes to tell each kind of change from chance."""

    slower: int
    quicker: int
    shares: int


def find_weeks_needed() -> WeeksNeeded:
    """Find the fewest weeks of which so few orders are possible that the one that happened may count as rare.

    With fewer, nothing is said of that kind, whatever happened.
    """
    # A share may rise or fall: each has half of the false alarms.
    limits = (FALSE_ALARMS_SLOWER, FALSE_ALARMS_QUICKER, FALSE_ALARMS_SHARES / 2)
    return WeeksNeeded(*(_count_needed(limit) for limit in limits))


def _count_needed(false_alarms: float) -> int:
    weeks = comparison.MIN_WEEKS
    while 1 / comb(weeks, _count_recent(weeks)) > false_alarms:
        weeks += 1
    return weeks


def _count_recent(weeks: int) -> int:
    """Return how many of the weeks are compared with the others."""
    return min(MAX_RECENT_WEEKS, weeks // 2)


@dataclass(frozen=True)
class Evidence:
    """One team's pull requests, and the weeks that may be compared: those that are over and lack no data.

    `recent` and `before` are empty if fewer than two such weeks are known. `left_out` names repositories
    whose last week lacks data; their pull requests are not in `compared`. `without_old` are the ids of repositories of
    which not everything that is open is known.
    """

    team_id: str
    as_of: datetime
    names: dict[str, str]
    pull_requests: pl.DataFrame
    recent: tuple[Week, ...]
    before: tuple[Week, ...]
    left_out: tuple[str, ...] = ()
    without_old: tuple[str, ...] = ()

    @cached_property
    def compared(self) -> pl.DataFrame:
        without = [key for key, name in self.names.items() if name in self.left_out]
        return self.pull_requests.filter(~pl.col("repository_id").is_in(without))

    @cached_property
    def shifts(self) -> list[Shift]:
        """Every phase and share that can be compared, in the team and in its repositories."""
        metrics = [one.metric for one in (*PHASES, *SHARES)]
        return measure_shifts(metrics, self.compared, self.before, self.recent, self.team_id)

    @property
    def slower(self) -> list[Shift]:
        """Durations that clearly rose: more than chance, and enough to act on."""
        return [one for one in self._durations() if one.is_large_rise and one.p_rise <= FALSE_ALARMS_SLOWER]

    @property
    def slowed_phases(self) -> list[tuple[Phase, Shift]]:
        """The phases that clearly slowed in the team: in the median, and like with like."""
        shifts = {shift.metric.name: shift for shift in self.slower if shift.scope_id == self.team_id}
        return [(phase, shifts[phase.metric.name]) for phase in PHASES if phase.metric.name in shifts]

    @property
    def quicker(self) -> list[Shift]:
        """Durations that clearly fell."""
        return [one for one in self._durations() if one.is_large_fall and one.p_fall <= FALSE_ALARMS_QUICKER]

    @property
    def moved(self) -> list[Shift]:
        """Shares that clearly rose or fell."""
        limit = FALSE_ALARMS_SHARES / 2
        return [
            one
            for one in self.shifts
            if one.metric.flag is not None
            and ((one.is_large_rise and one.p_rise <= limit) or (one.is_large_fall and one.p_fall <= limit))
        ]

    def shifts_of_repositories(self, metric: Metric) -> list[Shift]:
        return [one for one in self._durations() if one.metric is metric and one.scope_id != self.team_id]

    def select_behind(self, phase: Phase, shift: Shift) -> list[str]:
        """Return the ids of the scope's recent pull requests beyond the earlier median, the farthest first."""
        rows = select_weeks(phase.metric, self.compared, self.recent)
        if shift.scope_id != self.team_id:
            rows = rows.filter(pl.col("repository_id") == shift.scope_id)
        is_slower, taken = shift.rise > 0, pl.col(phase.column)
        rows = rows.filter(taken > shift.before if is_slower else taken < shift.before)
        ordered = rows.sort(phase.column, "pull_request_id", descending=[is_slower, False])
        return ordered["pull_request_id"].head(MAX_PULL_REQUESTS).to_list()

    def _durations(self) -> list[Shift]:
        return [one for one in self.shifts if one.metric.flag is None]


@dataclass(frozen=True)
class Finding:
    """One finding. `order` sorts the findings of all detectors: the smallest comes first.

    What it found to have moved is its `shift`; a finding about now has a `value` alone.
    """

    detector: str
    severity: Severity
    title: str
    detail: str
    order: tuple[float, ...]
    scope: Literal["team", "repository"]
    scope_id: str
    week_start: date | None = None
    shift: Shift | None = None
    value: float | None = None
    pull_request_ids: list[str] = field(default_factory=list)


def gather_evidence(
    team_id: str,
    timezone: str,
    repositories: pl.DataFrame,
    pull_requests: pl.DataFrame,
    weekly: pl.DataFrame,
    as_of: datetime,
) -> Evidence:
    """Gather evidence from `repositories` (`id`, `full_name`), `pull_request_metrics` and `weekly_metrics`."""
    names = dict(repositories.select("id", "full_name").iter_rows())
    lacking = _find_lacking(_weeks_over(weekly))
    recent, before = _split(list_complete_weeks(weekly, timezone))
    left_out = tuple(sorted(names[key] for key in lacking if key in names))
    return Evidence(team_id, as_of, names, pull_requests, recent, before, left_out, _find_without_old(weekly))


def _weeks_over(weekly: pl.DataFrame) -> pl.DataFrame:
    """Return one row per repository and week that is over."""
    is_cycle_time = (pl.col("scope") == "repository") & (pl.col("metric") == CYCLE_TIME_P50_HOURS.name)
    return weekly.filter(is_cycle_time & pl.col("is_complete"))


def _find_lacking(rows: pl.DataFrame) -> list[str]:
    """Return the repositories whose last week lacks data."""
    last = pl.col("week_start") == pl.lit(rows["week_start"].max())
    return rows.filter(last & pl.col("is_partial"))["scope_id"].to_list()


def _find_without_old(weekly: pl.DataFrame) -> tuple[str, ...]:
    """Return the repositories whose open pull requests are not all known now."""
    rows = weekly.filter((pl.col("scope") == "repository") & (pl.col("metric") == OPEN_PRS.name))
    now = rows.filter((pl.col("week_start") == rows["week_start"].max()) & pl.col("is_partial"))
    return tuple(sorted(now["scope_id"]))


def select_weeks(metric: Metric, pull_requests: pl.DataFrame, weeks: Sequence[Week]) -> pl.DataFrame:
    """Select the pull requests behind the metric in these weeks."""
    return pl.concat(select_pull_requests(metric, pull_requests, week.starts_at, week.ends_at) for week in weeks)


def list_complete_weeks(weekly: pl.DataFrame, timezone: str) -> list[Week]:
    """Return the last weeks that are over and lack nothing in any repository that is compared, oldest first."""
    rows = _weeks_over(weekly)
    usable = rows.filter(~pl.col("scope_id").is_in(_find_lacking(rows)))
    by_week = usable.group_by("week_start").agg(has_gaps=pl.col("is_partial").any()).sort("week_start")
    complete = by_week.tail(MAX_LOOK_BACK_WEEKS).filter(~pl.col("has_gaps")).tail(MAX_WEEKS)["week_start"]
    return [week_of(start, timezone) for start in complete]


def _split(weeks: list[Week]) -> tuple[tuple[Week, ...], tuple[Week, ...]]:
    if len(weeks) < 2:
        return (), ()
    count = _count_recent(len(weeks))
    return tuple(weeks[-count:]), tuple(weeks[:-count])
