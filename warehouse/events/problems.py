"""Decide of whom to tell what: a problem when it begins, weekly while it stands, and when it is over.

Thirty repositories that fail are one problem, and so is a run that fails every night for the same reason.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from warehouse.events.kinds import (
    Event,
    PhaseCompleted,
    QuotaStopped,
    RunCrashed,
    RunFailed,
    SyncCompleted,
    SyncStale,
    SyncStarted,
    TokenExpiring,
)

TELL_AGAIN_AFTER = timedelta(days=7)
NEWS_FOR = timedelta(hours=12)
# Telling weekly must not slip to every eighth day because a night is a minute early.
SLACK = timedelta(hours=2)

Facts = Mapping[str, object]


@dataclass(frozen=True)
class Problem:
    """One cause for which something does not work, from `began_at` to `ended_at`, None while it stands.

    `told_at` is when people were last told of it, None if they were not.
    """

    team_id: str
    cause: str
    kind: str
    began_at: datetime
    last_seen_at: datetime
    told_at: datetime | None
    facts: Facts
    ended_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.team_id, self.cause

    @property
    def is_standing(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True)
class Notice:
    """What people are told once, by each of their addresses."""

    team_id: str
    kind: str
    cause: str
    facts: Facts


@dataclass
class Followed:
    """Problems after some events, and what is to be told of them."""

    problems: dict[tuple[str, str], Problem]
    now: datetime

    def see(self, event: Event) -> list[Notice]:
        """Take an event into account; return what is told at once. Problems are told of by `tell`, at the end."""
        if (begun := _problem_of(event)) is not None:
            self._begin(*begun, event)
        ended = [one for one in self.problems.values() if one.is_standing and _is_ended_by(one, event)]
        for one in ended:
            self.problems[one.key] = replace(one, ended_at=event.at)
        told = [one for one in ended if one.told_at is not None]
        return [*_recovered(event.team_id, told), *_milestone(event, self.now)]

    def end_tokens(self, events: Iterable[Event]) -> list[Notice]:
        """End the problems of tokens that no longer expire: they were replaced."""
        expiring = {(event.team_id, _problem_of(event)) for event in events if isinstance(event, TokenExpiring)}
        causes = {(team_id, begun[1]) for team_id, begun in expiring if begun is not None}
        ended = [one for one in self.problems.values() if one.is_standing and one.kind == "token"]
        ended = [one for one in ended if one.key not in causes]
        for one in ended:
            self.problems[one.key] = replace(one, ended_at=self.now)
        teams = dict.fromkeys(one.team_id for one in ended)
        return [notice for team in teams for notice in _recovered(team, [one for one in ended if one.team_id == team])]

    def tell(self, has_address: Callable[[str], bool]) -> list[Notice]:
        """Return a notice for each standing problem that people do not know of, or have known of for a week.

        A team that has no address is told of it once it has one.
        """
        failing = {one.team_id for one in self.problems.values() if one.is_standing and one.kind == "failed"}
        due = [one for one in self.problems.values() if self._is_due(one)]
        due = [one for one in due if one.kind != "stale" or one.team_id not in failing]  # they know the cause already
        due = [one for one in due if has_address(one.team_id)]
        for one in due:
            self.problems[one.key] = replace(one, told_at=self.now)
        return [
            Notice(one.team_id, one.kind, one.cause, {**one.facts, "began_at": one.began_at.isoformat()}) for one in due
        ]

    def _is_due(self, one: Problem) -> bool:
        """Whether people are to be told. What no event has shown since they were told is not told again."""
        if not one.is_standing:
            return False
        return one.told_at is None or one.last_seen_at - one.told_at >= TELL_AGAIN_AFTER - SLACK

    def _begin(self, kind: str, cause: str, event: Event) -> None:
        known = self.problems.get((event.team_id, cause))
        seen = self.now if event.is_standing else event.at
        if known is not None and known.is_standing:
            self.problems[known.key] = replace(known, last_seen_at=max(seen, known.last_seen_at), facts=event.payload())
        else:
            begun = Problem(event.team_id, cause, kind, event.at, seen, None, event.payload())
            self.problems[begun.key] = begun


def follow(
    known: Sequence[Problem],
    fresh: Sequence[Event],
    standing: Sequence[Event],
    has_address: Callable[[str], bool],
    now: datetime,
) -> tuple[list[Problem], list[Notice]]:
    """Return the problems that changed and what people are to be told.

    `fresh` are events that were not seen before, oldest first; `standing` the states that are true now. `has_address`
    says whether anybody can be told of a team.
    """
    followed = Followed({one.key: one for one in known}, now)
    notices = [notice for event in (*fresh, *standing) for notice in followed.see(event)]
    notices += followed.end_tokens(standing)
    notices += followed.tell(has_address)
    before = set(map(id, known))
    return [one for one in followed.problems.values() if id(one) not in before], notices


def _problem_of(event: Event) -> tuple[str, str] | None:
    """Return kind and cause of the problem that an event shows; None if it shows none."""
    match event:
        case RunFailed() | RunCrashed():
            return "failed", f"failed:{_digest(event.error)}"
        case SyncStale():
            return "stale", "stale"
        case TokenExpiring():
            return "token", f"token:{event.token}"
        case QuotaStopped():
            return "quota", "quota"
        case SyncCompleted() if event.failed_count:
            return "repositories", "repositories"
        case _:
            return None


def _digest(error: str) -> str:
    """Return what is the same of an error that comes again: not its numbers, names and times."""
    same = re.sub(r"“[^”]*”|\S*[\d/@#]\S*", "", error.lower())
    return sha256(" ".join(same.split()).encode()).hexdigest()[:12]


def _is_ended_by(problem: Problem, event: Event) -> bool:
    if problem.team_id != event.team_id or event.at < problem.last_seen_at:
        return False
    if not isinstance(event, SyncCompleted):
        return False
    match problem.kind:
        case "failed" | "stale":
            return event.flow != "sync"  # that was one repository only
        case "quota":
            return event.unread == 0
        case "repositories":
            return event.failed_count == 0
        case _:
            return False


def _recovered(team_id: str, ended: Sequence[Problem]) -> list[Notice]:
    if not ended:
        return []
    facts = [{"kind": one.kind, "began_at": one.began_at.isoformat(), **one.facts} for one in ended]
    return [Notice(team_id, "recovered", " ".join(one.cause for one in ended), {"problems": facts})]


def _milestone(event: Event, now: datetime) -> list[Notice]:
    """Return what is told of an event that is no problem, unless it is old: then people know."""
    if now - event.at > NEWS_FOR:
        return []
    match event:
        case SyncStarted() if event.is_first:
            return [Notice(event.team_id, "welcome", "welcome", event.payload())]
        case PhaseCompleted() if event.is_first and event.phase in {1, 2}:
            kind = "onboarded" if event.phase == 1 else "history"
            return [Notice(event.team_id, kind, kind, event.payload())]
        case _:
            return []
