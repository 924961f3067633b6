"""The events of prflow and their payloads. docs/events.md is made from this module."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, ClassVar, get_type_hints


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a team. The fields of a subclass are its payload.

    `key` tells it from the other events of its name: the same key is the same event, however often it is found.
    """

    name: ClassVar[str]
    happens: ClassVar[str]
    is_standing: ClassVar[bool] = False
    """Whether it is a state that lasts, and that is found as long as it does."""
    told: ClassVar[tuple[str, ...]] = ()
    """The kinds of messages that come of it; the digest has the insights."""

    team_id: Annotated[str, "The team"]
    at: Annotated[datetime, "When it happened"]
    key: str

    @property
    def id(self) -> str:
        return f"{self.name}:{self.key}"

    def payload(self) -> dict[str, object]:
        """Return the payload as plain values: timestamps as ISO 8601 in UTC, several values as a list."""
        found = {name: _plain(getattr(self, name)) for name, _, _ in describe_payload(type(self))}
        return {"team": self.team_id, **found}


@dataclass(frozen=True, kw_only=True)
class RunEvent(Event):
    """An event of one run."""

    run_id: Annotated[str, "Prefect's id of the run"]
    flow: Annotated[str, "onboarding, background, refresh, sync or analysis"]


@dataclass(frozen=True, kw_only=True)
class SyncStarted(RunEvent):
    """A run began to fetch."""

    name = "prflow.sync.started"
    told = ("welcome",)
    happens = "A run begins to fetch pull requests of the team."
    is_first: Annotated[bool, "Whether no run of the team came before it"]


@dataclass(frozen=True, kw_only=True)
class RepositoryCompleted(RunEvent):
    """A repository was brought up to date."""

    name = "prflow.repository.completed"
    happens = "A sync that ended fetched pull requests of a repository, and none of them is missing."
    repository: Annotated[str, "Name of the repository, as owner/name"]
    pull_requests: Annotated[int, "Pull requests of it that the run fetched"]


@dataclass(frozen=True, kw_only=True)
class SyncCompleted(RunEvent):
    """A run that fetched did its work."""

    name = "prflow.sync.completed"
    told = ("repositories", "recovered")
    happens = "A run that fetches pull requests has done its work, though repositories may have failed."
    pull_requests: Annotated[int, "Pull requests that it fetched"]
    repositories: Annotated[int, "Repositories that the team follows"]
    failed_count: Annotated[int, "Repositories that could not be fetched completely"]
    failed_repositories: Annotated[tuple[str, ...], "Their names, at most 20"]
    unread: Annotated[int | None, "Pull requests left for the model to read; null if the run read none"]


@dataclass(frozen=True, kw_only=True)
class PhaseCompleted(RunEvent):
    """A phase is complete."""

    name = "prflow.phase.completed"
    told = ("onboarded", "history")
    happens = "The newest days (1), the older history (2) or what changed since (3) are fetched, read and measured."
    phase: Annotated[int, "1, 2 or 3"]
    is_partial: Annotated[bool, "Whether something was left to a later run"]
    is_first: Annotated[bool, "Whether the team's phase was not complete before"]


@dataclass(frozen=True, kw_only=True)
class RunEnded(RunEvent):
    """A run ended without doing its work."""

    error: Annotated[str, "Why, in one sentence without secrets"]
    hint: Annotated[str, "What to do about it"]


@dataclass(frozen=True, kw_only=True)
class RunFailed(RunEnded):
    """A run failed."""

    name = "prflow.run.failed"
    told = ("failed",)
    happens = "A run fails."


@dataclass(frozen=True, kw_only=True)
class RunCrashed(RunEnded):
    """The process of a run ended abruptly."""

    name = "prflow.run.crashed"
    told = ("failed",)
    happens = "The process of a run ends abruptly. Noted by the next run if none is left to note it at once."


@dataclass(frozen=True, kw_only=True)
class RunCancelled(RunEnded):
    """A run was cancelled."""

    name = "prflow.run.cancelled"
    happens = "A person cancels a run, or another run takes its place."


@dataclass(frozen=True, kw_only=True)
class QuotaStopped(RunEvent):
    """The model was not asked any more."""

    name = "prflow.model.quota_stopped"
    told = ("quota",)
    happens = "A run stops asking the model before everything is read: its quota is used up, or it does not respond."
    left: Annotated[int, "Pull requests left to read"]
    reason: Annotated[str, "Why"]


@dataclass(frozen=True, kw_only=True)
class SyncStale(Event):
    """There was no good sync for long."""

    name = "prflow.sync.stale"
    told = ("stale",)
    happens = "No sync of the team has done its work for PRFLOW_DASHBOARD_STALE_HOURS, and none is under way."
    is_standing = True
    last_good_at: Annotated[datetime, "End of the last sync that did its work"]
    hours: Annotated[int, "Hours since then"]


@dataclass(frozen=True, kw_only=True)
class TokenExpiring(Event):
    """A token for GitHub expires soon."""

    name = "prflow.token.expiring"
    told = ("token",)
    happens = "A token for GitHub expires within seven days, or has expired."
    is_standing = True
    token: Annotated[str, "Name of the token, never its value"]
    expires_at: Annotated[datetime, "When it expires"]


@dataclass(frozen=True, kw_only=True)
class InsightRaised(Event):
    """An insight was found."""

    name = "prflow.insight.raised"
    told = ("digest",)
    happens = "An insight is true that was not before."
    insight: Annotated[str, "Id of the insight"]
    severity: Annotated[str, "info, warning or good"]
    title: Annotated[str, "The insight in one sentence"]


@dataclass(frozen=True, kw_only=True)
class InsightResolved(Event):
    """An insight is no longer true."""

    name = "prflow.insight.resolved"
    told = ("digest",)
    happens = "An insight is no longer true."
    insight: Annotated[str, "Id of the insight"]
    title: Annotated[str, "The insight in one sentence, as it was"]


EVENTS: tuple[type[Event], ...] = (
    *(SyncStarted, RepositoryCompleted, SyncCompleted, PhaseCompleted, RunFailed, RunCrashed, RunCancelled),
    *(QuotaStopped, SyncStale, TokenExpiring, InsightRaised, InsightResolved),
)
"""Every event. What receives them is listed in `tasks/messages/receivers.py`."""


def describe_payload(kind: type[Event]) -> Iterator[tuple[str, str, str]]:
    """Yield name, JSON type and meaning of each field of a payload, `team` aside."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        if field.name not in {"team_id", "key", "at"}:
            hint = hints[field.name]
            yield field.name, _JSON[str(hint.__origin__)], hint.__metadata__[0]


_JSON = {
    str(str): "string",
    str(int): "integer",
    str(bool): "boolean",
    str(int | None): "integer or null",
    str(datetime): "string, ISO 8601 in UTC",
    str(tuple[str, ...]): "list of strings",
}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
