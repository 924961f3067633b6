"""The story of an invented pull request: what happened when, and who did it, without text.

The story is made without an end and then cut at `as_of`: pull requests that end later are open.
"""

import math
from dataclasses import dataclass, field
from random import Random

from simulators.github.story import cast
from simulators.github.story.cast import Person, Repository
from simulators.github.story.identity import CREWS, GHOST, Identity, Origin, Story, identify, random_of
from simulators.github.story.working_time import DAY, HOUR, after_work, long_tailed

DRAFT_SHARE = 0.17
ABANDONED_SHARE = 0.06
FORGOTTEN_SHARE = 0.018
LONG_REVIEW_SHARE = 0.03
LANDED_SHARE = 0.2

PICKUP_HOURS = 1.0
REVIEW_HOURS = 0.7
ANSWER_HOURS = 0.8
MERGE_HOURS = 0.35
"""Medians, in working hours: with them half of the pull requests are merged within about a day."""


@dataclass(slots=True)
class LifeEvent:
    """One event. `who` is a login, `at` seconds since 1970.

    `count` is the number of threads that a review opens, or the number of the pull request that refers to this one.
    """

    at: float
    what: str
    who: str
    state: str = ""
    count: int = 0


@dataclass(slots=True)
class Life:
    """All events until `as_of`, in the order of time.

    If `is_landed` a bot pushes the commits itself and then closes it, instead of merging it.
    """

    identity: Identity
    created_at: float
    first_commit_at: float
    is_draft_first: bool
    lines: int
    is_landed: bool = False
    events: list[LifeEvent] = field(default_factory=list)

    @property
    def updated_at(self) -> float:
        return max((each.at for each in self.events), default=self.created_at)

    def add(self, event: LifeEvent) -> None:
        """Add an event that another pull request or person caused."""
        self.events.append(event)
        self.events.sort(key=lambda each: each.at)

    def final_state(self) -> tuple[str, float | None]:
        """Return its state (OPEN, MERGED, CLOSED) and since when."""
        for each in reversed(self.events):
            if each.what in ("merged", "closed", "reopened"):
                merged = "CLOSED" if self.is_landed else "MERGED"
                state = {"merged": merged, "closed": "CLOSED", "reopened": "OPEN"}[each.what]
                return state, None if state == "OPEN" else each.at
        return "OPEN", None


def live(story: Story, repository: Repository, origin: Origin) -> Life:
    """Return the life of a pull request, from its first commit to `as_of`."""
    identity = identify(story, repository, origin)
    random = random_of(story, repository, origin, "life")
    lines = max(1, int(long_tailed(_MEDIAN_LINES.get(identity.kind, 55), 1.25, random)))
    hours = 0.05 if identity.kind in ("dependency", "revert") else min(480.0, long_tailed(2.6, 1.6, random))
    is_draft = identity.kind not in ("dependency", "revert", "hotfix", "release") and random.random() < (
        0.55 if identity.agent in cast.AGENT_AUTHORS else DRAFT_SHARE
    )
    life = Life(identity, origin.created_at, origin.created_at - hours * HOUR, is_draft, lines)
    life.is_landed = _is_landed(story, repository, origin, identity)
    _LifeMaker(story, repository, life, random).make()
    life.events = sorted((each for each in life.events if each.at <= story.as_of), key=lambda each: each.at)
    return life


def _is_landed(story: Story, repository: Repository, origin: Origin, identity: Identity) -> bool:
    """Return True for some pull requests of the repository that tries a merge bot."""
    if cast.theme_of(repository.name) != cast.LANDED_REPOSITORY or identity.kind in ("dependency", "revert", "hotfix"):
        return False
    return random_of(story, repository, origin, "landing").random() < LANDED_SHARE


_MEDIAN_LINES = {
    "dependency": 14,
    "docs": 22,
    "ci": 18,
    "hotfix": 12,
    "chore": 20,
    "feature": 120,
    "refactor": 110,
    "test": 80,
    "revert": 70,
    "release": 1_800,
}


class _LifeMaker:
    """Invents one life."""

    def __init__(self, story: Story, repository: Repository, life: Life, random: Random) -> None:
        self.story, self.repository, self.life, self.random = story, repository, life, random
        self.identity = life.identity
        self.author = life.identity.author
        self.theme = cast.theme_of(repository.name)

    def make(self) -> None:
        fate = self.random.random()
        is_forgotten = fate < FORGOTTEN_SHARE and self.identity.kind != "dependency"
        ready_at = self._opening(is_forgotten)
        if self.identity.kind == "dependency":
            self._dependency(ready_at)
            return
        if is_forgotten:
            if not self.life.is_draft_first:
                self._ask_review(ready_at)
            return
        end = self._unreviewed(ready_at) if self._is_unreviewed() else self._reviewed(ready_at)
        if fate < FORGOTTEN_SHARE + ABANDONED_SHARE and self.identity.kind not in ("revert", "hotfix", "release"):
            self._abandon(end)
        else:
            self._merge(end)

    # -- parts of a life -----------------------------------------------------------------------------------------------

    def _opening(self, is_forgotten: bool) -> float:
        """Add commits, bots' responses and drafts; return when it is ready for review, which some never are."""
        created, random = self.life.created_at, self.random
        self._add(created, "opened", self.identity.opener)
        span = created - self.life.first_commit_at
        is_single = self.identity.kind in ("dependency", "revert", "release")
        for _ in range(0 if is_single else min(12, int(random.expovariate(0.9)))):
            self._add(created - random.random() * span, "commit", self.author.login)
        if self.repository.has_preview and random.random() < 0.92:
            self._add(created + random.uniform(14, 50), "preview", cast.CI_BOT)
        if self.identity.kind in cast.LABEL_OF and random.random() < 0.55:
            self._add(created + random.uniform(5, 40), "labeled", self.identity.opener)
        ready = created
        if self.life.is_draft_first and not is_forgotten:
            ready = after_work(created, long_tailed(3.0, 1.2, random), self.author.offset, random)
            self._add(ready - random.uniform(60, 900), "commit", self.author.login)
            self._add(ready, "ready", self.identity.opener)
            if random.random() < 0.08:
                ready = self._back_to_draft(ready)
        self._ai_review(ready)
        return ready

    def _back_to_draft(self, ready: float) -> float:
        back = after_work(ready, 0.5, self.author.offset, self.random)
        again = after_work(back, long_tailed(5.0, 1.0, self.random), self.author.offset, self.random)
        self._add(back, "draft", self.identity.opener)
        self._add(again, "ready", self.identity.opener)
        return again

    def _ai_review(self, ready: float) -> None:
        reviewer = self.repository.ai_reviewer
        if reviewer and self.identity.kind != "dependency" and self.random.random() < 0.6:
            at = ready + self.random.uniform(90, 420)
            if reviewer == "coderabbitai":
                self._add(at - 60, "walkthrough", reviewer)
            self._add(at, "review", reviewer, "COMMENTED", self.random.choice((0, 1, 1, 2, 3)))

    def _dependency(self, ready: float) -> None:
        """Finish a bot's update: merged unread, approved in passing, or replaced by the next."""
        fate, reviewer = self.random.random(), self._reviewer(ready)
        at = after_work(ready, long_tailed(6.0, 1.4, self.random), reviewer.offset, self.random)
        if fate < 0.25:
            self._add(ready + self.random.uniform(2, 9) * DAY, "closed", self.identity.opener)
            return
        if fate < 0.7:
            self._add(at, "review", reviewer.login, "APPROVED")
        self._add(at + self.random.uniform(20, 900), "merged", reviewer.login)
        self._delete_branch(at + 905, reviewer.login)

    def _is_unreviewed(self) -> bool:
        kind = self.identity.kind
        chance = {"hotfix": 0.4, "revert": 0.45, "docs": 0.2, "ci": 0.2, "chore": 0.15, "release": 0.5}.get(kind, 0.05)
        return self.random.random() < chance

    def _unreviewed(self, ready: float) -> float:
        return after_work(ready, long_tailed(0.8, 1.3, self.random), self.author.offset, self.random)

    def _reviewed(self, ready: float) -> float:
        """Add rounds of review until somebody approves; return the time of the last one."""
        reviewer = self._reviewer(ready)
        self._ask_review(ready, reviewer)
        at = after_work(ready, self._pickup_hours(ready, reviewer), reviewer.offset, self.random)
        if self.random.random() < 0.12:
            self._add(at - self.random.uniform(0, min(at - ready, HOUR)), "chat", reviewer.login)
        is_long = self.random.random() < LONG_REVIEW_SHARE
        approval_chance = 0.12 if is_long else 0.56
        for round_number in range(9 if is_long else 5):
            if self.random.random() < approval_chance + 0.16 * round_number:
                break
            at = self._round(at, reviewer, is_long)
        self._second_opinion(at, reviewer)
        threads = 1 if self.random.random() < 0.22 else 0
        if self.random.random() < 0.96:
            self._add(at, "review", reviewer.login, "APPROVED", threads)
        return at

    def _round(self, at: float, reviewer: Person, is_long: bool) -> float:
        """Add a review with requests and the author's response; return the time of the next review."""
        random = self.random
        state = "CHANGES_REQUESTED" if random.random() < 0.42 else "COMMENTED"
        threads = 1 + min(14, int(random.expovariate(0.16 if is_long else 0.7)))
        self._add(at, "review", reviewer.login, state, threads)
        answered = after_work(at, long_tailed(ANSWER_HOURS, 1.1, random), self.author.offset, random)
        what = "force_push" if random.random() < 0.3 else "commit"
        self._add(answered - 40, what, self.author.login)
        self._add(answered, "replied", self.author.login, count=threads)
        if random.random() < 0.25:
            self._add(answered + 30, "chat", self.author.login)
        return after_work(answered, long_tailed(REVIEW_HOURS, 1.1, random) * reviewer.pace, reviewer.offset, random)

    def _second_opinion(self, at: float, reviewer: Person) -> None:
        if self.random.random() < 0.24:
            other = self._reviewer(at)
            if other.login != reviewer.login:
                state = "APPROVED" if self.random.random() < 0.6 else "COMMENTED"
                when = at - self.random.uniform(0.02, 0.5) * (at - self.life.created_at)
                self._add(when, "review", other.login, state, self.random.choice((0, 0, 1, 2)))

    def _ask_review(self, ready: float, reviewer: Person | None = None) -> None:
        asked = reviewer or self._reviewer(ready)
        self._add(ready + self.random.uniform(3, 90), "asked", asked.login)

    def _merge(self, at: float) -> None:
        random = self.random
        merged = after_work(at, long_tailed(MERGE_HOURS, 1.4, random), self.author.offset, random)
        by = self.author.login if random.random() < 0.75 else self._reviewer(at).login
        if random.random() < 0.02:
            self._add(merged - 7_200, "closed", by)
            self._add(merged - 5_400, "reopened", by)
        self._add(merged, "merged", by)
        if random.random() < 0.7:
            self._delete_branch(merged + random.uniform(1, 8), by)
        if random.random() < 0.03:
            self._add(merged + random.uniform(0.05, 12) * DAY, "chat", self._reviewer(at).login)

    def _abandon(self, at: float) -> None:
        ended = after_work(at, long_tailed(20.0, 1.2, self.random), self.author.offset, self.random)
        if self.random.random() < 0.6:
            self._add(ended - 120, "farewell", self.author.login)
        self._add(ended, "closed", self.author.login)

    # -- who, and how long ---------------------------------------------------------------------------------------------

    def _reviewer(self, at: float) -> Person:
        people, _ = CREWS[self.theme]
        others = (person for person in people if person.login != self.author.login)
        free = [person for person in others if not is_away(self.story, person, at)]
        weights = [person.review_weight * (1.0 if person.home[0] == self.theme else 0.45) for person in free]
        chosen = self.random.choices(free, weights)[0]
        return GHOST if self.random.random() < 0.006 else chosen

    def _pickup_hours(self, ready: float, reviewer: Person) -> float:
        """Return the hours until the first review: more for large pull requests, and for the slowed repository."""
        size = max(0.6, min(2.2, math.pow(self.life.lines / 60, 0.14)))
        hours = long_tailed(PICKUP_HOURS, 1.15, self.random) * size * self.repository.pickup * reviewer.pace
        if self.theme == cast.SLOWED_REPOSITORY and ready > self.story.as_of - cast.SLOWED_DAYS * DAY:
            hours *= cast.SLOWED_FACTOR
        return hours * (0.15 if self.identity.kind == "hotfix" else 1.0)

    def _delete_branch(self, at: float, who: str) -> None:
        if self.identity.kind != "release":  # its branch is the one that everything is merged to
            self._add(at, "branch_deleted", who)

    def _add(self, at: float, what: str, who: str, state: str = "", count: int = 0) -> None:
        self.life.events.append(LifeEvent(float(int(at)), what, who, state, count))


def is_away(story: Story, person: Person, at: float) -> bool:
    return person.login == cast.AWAY and at > story.as_of - cast.SLOWED_DAYS * DAY
