"""A fact of a week: one measured thing with its figures, and the subject that a sentence has to name."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from warehouse.insights.words import duration
from warehouse.words import percent

Unit = Literal["hours", "share", "lines", "count"]
Direction = Literal["up", "down", "unclear"]


@dataclass(frozen=True)
class Subject:
    """What a fact measures: `name` begins a sentence, `aliases` are the words of which a sentence has to say one.

    All are in lower case. `verb` is what happened to the pull requests that it counts or is a share of.
    """

    name: str
    aliases: tuple[str, ...]
    verb: str = "merged"


_MERGED = Subject("pull requests merged", ("merged pull requests", "pull requests merged", "merged prs", "merged"))
_OPENED = Subject(
    "pull requests opened", ("opened pull requests", "pull requests opened", "opened prs", "opened"), verb="opened"
)
_FIRST_REVIEW = ("time to first review", "time to a first review", "time to the first review")
_WAIT = ("wait for a first review", "wait for the first review", "wait for first review", "pickup time")

SUBJECTS = {
    "merged_prs": _MERGED,
    "opened_prs": _OPENED,
    "cycle_time_p50_hours": Subject("cycle time", ("cycle time",)),
    "first_review_p50_hours": Subject("time to first review", _FIRST_REVIEW, verb="reviewed"),
    "coding_p50_hours": Subject("coding time", ("coding time",)),
    "pickup_p50_hours": Subject("wait for a first review", _WAIT),
    "review_p50_hours": Subject("review time", ("review time",)),
    "merge_p50_hours": Subject("wait to merge", ("wait to merge", "wait to be merged", "merge time")),
    "unreviewed_p50_hours": Subject("time to merge without review", ("time to merge without review",)),
    "pr_size_p50_lines": Subject("pull request size", ("pull request size", "size of a pull request", "pr size")),
    "reviewed_share": Subject("reviewed before merge", ("reviewed before merge", "reviewed")),
    "large_pr_share": Subject("large pull requests", ("large pull requests", "large")),
    "reverted_share": Subject("reverted pull requests", ("reverted pull requests", "reverted")),
    "ai_assisted_share": Subject(
        "AI-assisted pull requests", ("ai-assisted pull requests", "ai-assisted", "signs of ai")
    ),
    "longest_cycle_time": Subject("the longest cycle time", ("longest cycle time",)),
    "largest_pull_request": Subject("the largest change", ("largest change",)),
}
"""By metric, and by the kind of a notable pull request."""


@dataclass(frozen=True)
class Fact:
    """One fact of the week that begins on `week_start`, over the `weeks` that end with it.

    `key` is the same whenever it is computed. Hours, lines and counts are as they are, shares from 0 to 1. `change` and
    its 95 % interval `low` to `high` are shares of the value before, or of a share points from 0 to 1. `direction` is
    `unclear` if the change may be chance, None if nothing is compared. `repository` and `reference` (`acme/web#12`) are
    empty unless it is about one. `pull_request_ids` are all that it counts.
    """

    key: str
    subject: str
    unit: Unit
    statistic: Literal["median", "share", "count", "largest"]
    week_start: date
    weeks: int
    now: float
    n: int
    before: float | None = None
    n_before: int | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    direction: Direction | None = None
    repository: str = ""
    reference: str = ""
    pull_request_ids: tuple[str, ...] = ()

    @property
    def named(self) -> Subject:
        return SUBJECTS[self.subject]

    @property
    def last_day(self) -> date:
        """Return the Sunday on which its last week ends."""
        return self.week_start + timedelta(days=6)

    @property
    def when(self) -> str:
        """Return its weeks in words."""
        if self.weeks == 1:
            return f"in the week of {self.week_start:%-d %B}"
        return f"in the {self.weeks} weeks to {self.last_day:%-d %B}" if self.weeks else "in recent weeks"

    @property
    def when_before(self) -> str:
        """Return the weeks that it is compared with in words."""
        if self.weeks == 1:
            return "in the week before"
        return f"in the {self.weeks} weeks before" if self.weeks else "in the weeks before"


def say_value(value: float, unit: Unit) -> str:
    """Return a value in words: `31 hours`, `55 %`, `120 lines`, `42 pull requests`."""
    match unit:
        case "hours":
            return duration(value)
        case "share":
            return percent(value)
        case "lines":
            return f"{value:,.0f} line{'' if round(value) == 1 else 's'}"
        case "count":
            return f"{value:,.0f} pull request{'' if value == 1 else 's'}"


def say_change(by: float, unit: Unit) -> str:
    """Return a change with its sign: `+12 %`, of a share `−3 points`."""
    return f"{'+' if by >= 0 else '−'}{abs(by) * 100:.0f} {'points' if unit == 'share' else '%'}"


def say(fact: Fact) -> str:
    """Return the fact as a plain sentence, which stands if no model words it."""
    if fact.reference:
        verb = f"the {fact.n:,} pull requests merged" if fact.n > 1 else "the pull request merged"
        return f"{fact.reference} had {fact.named.name} of {verb} {fact.when}: {say_value(fact.now, fact.unit)}."
    if fact.unit == "count":
        were = "was" if fact.now == 1 else "were"
        return f"{say_value(fact.now, fact.unit)} {were} {fact.named.verb} {fact.when}{_counted_before(fact)}."
    where = f" in {fact.repository}" if fact.repository else ""
    median = "median " if fact.statistic == "median" else ""
    name = f"{median}{fact.named.name}"
    return f"{name[:1].upper()}{name[1:]}{where}: {say_value(fact.now, fact.unit)} {fact.when}{_compared(fact)}."


def _counted_before(fact: Fact) -> str:
    if fact.before is None or fact.direction is None:
        return ""
    if fact.direction == "unclear":
        return f", against {fact.before:,.0f} {fact.when_before}: no clear change"
    return f", {fact.direction} from {fact.before:,.0f} {fact.when_before}"


def _compared(fact: Fact) -> str:
    if fact.before is None or fact.direction is None:
        return f" (n = {fact.n:,})"
    before = say_value(fact.before, fact.unit)
    figures = f"n = {fact.n:,} against {fact.n_before:,}"
    if fact.low is not None and fact.high is not None:
        figures = f"95 % interval {say_change(fact.low, fact.unit)} to {say_change(fact.high, fact.unit)}; {figures}"
    if fact.direction == "unclear":
        return f", no clear change from {before} {fact.when_before} ({figures})"
    return f", {fact.direction} from {before} {fact.when_before} ({figures})"
