"""Why a pull request counts otherwise than on an earlier day, from its row then and now and what changed since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from warehouse.history.basis import ANCHORS, BOT, DEFINITION, REPOSITORY, SETTING, TIMEZONE
from warehouse.metrics.outcomes.team_rules import RELEASE

Row = Mapping[str, object]


class Reason(StrEnum):
    """Why a number moved."""

    NEW_DATA = "new data"
    LATE_REVIEW = "late review"
    DISMISSED = "dismissed approval"
    SETTING = "changed setting"
    DEFINITION = "changed definition"


REVIEW_COLUMNS = (
    "first_review_at",
    "approved_at",
    "draft_review_at",
    "first_response_at",
    "reviews_count",
    "approvals_count",
    "review_rounds",
    "review_comments_count",
    "is_reviewed",
)
_APPROVALS = ("approved_at", "approvals_count")
_LANES = ("is_bot", "author_lane")
_RULES = {
    "landed_by": ("landed-label", "landed-title", "off"),
    "investment": ("investment",),
    "ai_level": ("ai-box", "ai-branch", "ai-trailer", "ai-off"),
}
# Read from the text by rules or the model, or told by other pull requests: no fetch of this one is needed for them.
_READ = {
    "work_type",
    "investment",
    "ai_level",
    "is_hotfix",
    "is_reverted",
    "is_retouched",
    "model_cost_usd",
    "is_release",
}
_WORDS = {
    "is_reverted": "a later pull request reverted it",
    "is_retouched": "the 21 days after the merge are over, or a file was changed again",
    "size_lines": "its size",
    "closed_at": "it was closed",
    "merged_at": "it was merged",
    "ready_at": "it became ready for review",
}


@dataclass(frozen=True)
class Setting:
    """A setting or definition that began to hold, or ceased to, since the report. `set_at`: when a person set it."""

    kind: str
    name: str
    value: str
    is_over: bool
    changed_at: datetime
    set_at: datetime | None = None

    @property
    def words(self) -> str:
        at = self.set_at or self.changed_at
        return f"{self.name} {self.value}{' was removed' if self.is_over else ''} on {at:%Y-%m-%d}"


@dataclass(frozen=True)
class Review:
    """A submitted review by another; `is_dismissed` if GitHub calls it so now."""

    login: str
    state: str
    submitted_at: datetime

    @property
    def is_dismissed(self) -> bool:
        return self.state == "DISMISSED"


@dataclass(frozen=True)
class Since:
    """What is known of one pull request since numbers that were computed at `said_at`.

    `fetched_at` is its last fetch, `repository` its repository's name.
    """

    said_at: datetime
    settings: Sequence[Setting] = ()
    reviews: Sequence[Review] = ()
    fetched_at: datetime | None = None
    repository: str = ""

    def find(self, kind: str, *names: str) -> Setting | None:
        found = [one for one in self.settings if one.kind == kind and one.name in names]
        return found[-1] if found else None


Why = tuple[Reason, str]


def find_reason(then: Row | None, now: Row | None, columns: Collection[str], since: Since) -> Why:
    """Return why a pull request counts otherwise in a metric of these columns, and a sentence.

    `then` or `now` is None if there was no such row. If only the zone differs, both rows are the same.
    """
    if then is None or now is None:
        return _of_existence(now, since)
    moved = {name for name in then if name in now and then[name] != now[name] and name != "as_of"}
    for explain in (_by_exclusion, _by_lane, _by_rule, _by_reviews, _by_computation):
        if found := explain(then, now, moved, columns, since):
            return found
    told = [_say(name, then, now) for name in sorted(moved & set(columns))]
    return Reason.NEW_DATA, "; ".join(told[:3]) or "GitHub says otherwise now"


def _of_existence(now: Row | None, since: Since) -> Why:
    followed = [one for one in since.settings if one.name == REPOSITORY and one.value == since.repository]
    if now is None:
        if followed:
            return Reason.SETTING, f"{since.repository} is not followed any more"
        return Reason.NEW_DATA, "it is not there any more"
    if followed:
        return Reason.SETTING, f"{since.repository} is followed since {followed[-1].changed_at:%Y-%m-%d}"
    opened = now.get("opened_at")
    is_later = isinstance(opened, datetime) and opened > since.said_at
    return Reason.NEW_DATA, "it was opened later" if is_later else "it was not fetched yet"


def _by_exclusion(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    if "excluded_by" not in moved:
        return None
    before, after = then["excluded_by"], now["excluded_by"]
    words = f"left out by {after}" if after else f"no longer left out by {before}"
    for told in (str(after or ""), str(before or "")):
        name, _, value = told.partition(" ")
        names = {f"exclude-{name}", *(("base", "off") if told == RELEASE else ())}
        for one in since.settings:
            if one.name in names and (told == RELEASE or one.value == value):
                return Reason.SETTING, f"{words}: {one.words}"
    return Reason.NEW_DATA, words


def _by_lane(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    if not moved & set(_LANES):
        return None
    words = f"opened by {then['author_lane']} then, by {now['author_lane']} now"
    ids = {str(row.get("author_id")) for row in (then, now)}
    decided = [one for one in since.settings if one.name == BOT and one.value.split(" ")[0] in ids]
    return (
        (Reason.SETTING, f"{words}: decided on {decided[-1].changed_at:%Y-%m-%d}")
        if decided
        else (Reason.NEW_DATA, words)
    )


def _by_rule(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    for column, rules in _RULES.items():
        if column in moved and (found := [one for one in since.settings if one.name in rules]):
            return Reason.SETTING, f"{_say(column, then, now)}: {found[-1].words}"
    return None


def _by_reviews(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    """Explain by reviews, which move ready_at and durations, too. A merge that came later moves more than any."""
    if not moved & set(REVIEW_COLUMNS) or ("merged_at" in moved and "merged_at" in columns):
        return None
    dismissed = [one for one in since.reviews if one.is_dismissed]
    if moved & set(_APPROVALS) and _lost_approval(then, now) and dismissed:
        gone = next((one for one in dismissed if one.submitted_at == then["approved_at"]), dismissed[-1])
        return Reason.DISMISSED, f"the approval by {gone.login} of {gone.submitted_at:%Y-%m-%d} was dismissed"
    late = [one for one in since.reviews if one.submitted_at > since.said_at]
    if late:
        one = min(late, key=lambda each: each.submitted_at)
        return Reason.LATE_REVIEW, f"reviewed by {one.login} on {one.submitted_at:%Y-%m-%d %H:%M} UTC"
    if not _is_fetched(since):
        return None
    told = next((name for name in REVIEW_COLUMNS if name in moved), "reviews")
    return Reason.LATE_REVIEW, f"a review was fetched later: {_say(told, then, now)}"


def _lost_approval(then: Row, now: Row) -> bool:
    before, after = then["approved_at"], now["approved_at"]
    is_later = isinstance(before, datetime) and (not isinstance(after, datetime) or after > before)
    counts = [row.get("approvals_count") for row in (then, now)]
    return is_later or (isinstance(counts[0], int) and isinstance(counts[1], int) and counts[1] < counts[0])


def _by_computation(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    """Explain what moved without a fetch: it was computed otherwise."""
    if not moved & set(columns):
        zone = since.find(SETTING, TIMEZONE)
        return (Reason.SETTING, f"it falls into another week: {zone.words}") if zone else None
    if _is_fetched(since) or moved & set(columns) <= _READ:
        return None
    told = _say(min(moved & set(columns)), then, now)
    if definition := since.find(DEFINITION, ANCHORS):
        return Reason.DEFINITION, f"{told}: computed otherwise since {definition.changed_at:%Y-%m-%d}"
    changed = [one for one in since.settings if one.kind == SETTING]
    return (Reason.SETTING, f"{told}: {changed[-1].words}") if changed else None


def _is_fetched(since: Since) -> bool:
    return since.fetched_at is None or since.fetched_at > since.said_at


def _say(name: str, then: Row, now: Row) -> str:
    words = _WORDS.get(name, name.replace("_", " "))
    return f"{words} ({_value(then[name])} then, {_value(now[name])} now)"


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)
