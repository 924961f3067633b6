"""What is known of a pull request since numbers that were computed on a day, and the words for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Row = Mapping[str, object]
MAX_SETTINGS_NAMED = 3


class Reason(StrEnum):
    """Why a number moved."""

    NEW_DATA = "new data"
    LATE_REVIEW = "late review"
    DISMISSED = "dismissed approval"
    SETTING = "changed setting"
    DEFINITION = "changed definition"


Why = tuple[Reason, str]


@dataclass(frozen=True)
class Setting:
    """A setting or definition that began to hold, or ceased to, since the report. `set_at`: when a person set it.

    `label` is the value for people, if it names something by its id.
    """

    kind: str
    name: str
    value: str
    is_over: bool
    changed_at: datetime
    set_at: datetime | None = None
    label: str | None = None

    @property
    def words(self) -> str:
        at = self.set_at or self.changed_at
        return f"{self.name} {self.label or self.value}{' was removed' if self.is_over else ''} on {at:%Y-%m-%d}"


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

    `reviews` are those that count, `reviewers` the accounts of all who reviewed it, bots among them; None if they are
    not known. `fetched_at` is its last fetch. `repository` is the id of its repository, `repository_name` its name.
    """

    said_at: datetime
    settings: Sequence[Setting] = ()
    reviews: Sequence[Review] = ()
    fetched_at: datetime | None = None
    repository: str = ""
    repository_name: str = ""
    reviewers: Collection[str] | None = None

    @property
    def is_fetched(self) -> bool:
        """Whether it was fetched since, as far as is known."""
        return self.fetched_at is None or self.fetched_at > self.said_at

    def list_changed(self, kind: str, *names: str) -> list[Setting]:
        """Return what began or ceased to hold of these names, in the order of time."""
        return [one for one in self.settings if one.kind == kind and one.name in names]

    def find(self, kind: str, *names: str) -> Setting | None:
        """Return the last of them."""
        found = self.list_changed(kind, *names)
        return found[-1] if found else None


def name_settings(found: Sequence[Setting]) -> str:
    """Name the settings any of which may be the reason."""
    return " or ".join(dict.fromkeys(one.words for one in found[-MAX_SETTINGS_NAMED:]))


_WORDS = {
    "is_reverted": "a later pull request reverted it",
    "is_retouched": "the 21 days after the merge are over, or a file was changed again",
    "size_lines": "its size",
    "closed_at": "it was closed",
    "merged_at": "it was merged",
    "ready_at": "it became ready for review",
}


def say(name: str, then: Row, now: Row) -> str:
    """Say what a column was and is."""
    words = _WORDS.get(name, name.replace("_", " "))
    return f"{words} ({_value(then[name])} then, {_value(now[name])} now)"


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)
