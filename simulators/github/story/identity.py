"""Kind, author and agent of an invented pull request, decided by the seed alone, before its story."""

from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from simulators.github.story import cast
from simulators.github.story.cast import Person, Repository
from simulators.github.story.working_time import DAY

KINDS = {
    "feature": 0.31,
    "bugfix": 0.24,
    "refactor": 0.09,
    "dependency": 0.10,
    "test": 0.05,
    "docs": 0.05,
    "ci": 0.05,
    "performance": 0.035,
    "chore": 0.045,
    "security": 0.015,
    "hotfix": 0.015,
}
PLATFORM_KINDS = {**KINDS, "infra": 0.35, "feature": 0.12}

AGENTS = {"claude": 0.34, "codex": 0.26, "copilot": 0.18, "cursor": 0.14, "devin": 0.08}
AGENT_SHARE_FIRST, AGENT_SHARE_LAST = 0.05, 0.21
"""Share of pull requests that an agent had a hand in, at the beginning and at the end of the story."""

INCIDENT_REPOSITORY, INCIDENT_DAYS_BEFORE, INCIDENT_DAYS = "storefront", 48, 3
"""A bad release: for some days there are many hotfixes."""

OUTSIDER_SHARE = 0.02
GHOST_SHARE = 0.008
GHOST = Person(cast.GHOSTS[0], "Former Colleague", 1, ())


@dataclass(frozen=True, slots=True)
class Story:
    """The story that all pull requests belong to. Timestamps are seconds since 1970."""

    seed: int
    as_of: float
    days: int

    @property
    def start(self) -> float:
        return self.as_of - self.days * DAY


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a pull request: with story and repository it always gives the same one."""

    key: int
    created_at: float
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """`author` wrote the pull request; `opener` is the account that opened it, possibly a bot."""

    kind: str
    author: Person
    opener: str
    agent: str | None
    is_from_fork: bool


def random_of(story: Story, repository: Repository, origin: Origin, purpose: str) -> Random:
    text = f"{story.seed}/{repository.name}/{origin.key}/{purpose}"
    return Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))


def identify(story: Story, repository: Repository, origin: Origin) -> Identity:
    random = random_of(story, repository, origin, "identity")
    kind = origin.kind or _kind(story, repository, origin, random)
    author = _author(repository, random)
    if kind == "dependency":
        opener = "renovate" if cast.theme_of(repository.name) in ("storefront", "mobile") else "dependabot"
        return Identity(kind, author, opener, None, False)
    agent = _agent(story, origin, random) if kind not in ("revert", "hotfix", "release") else None
    is_from_fork = author in cast.OUTSIDERS
    opener = cast.AGENT_AUTHORS.get(agent or "", author.login)
    return Identity(kind, author, opener, None if is_from_fork else agent, is_from_fork)


def _kind(story: Story, repository: Repository, origin: Origin, random: Random) -> str:
    if cast.theme_of(repository.name) == INCIDENT_REPOSITORY:
        days_before = (story.as_of - origin.created_at) / DAY
        if INCIDENT_DAYS_BEFORE - INCIDENT_DAYS <= days_before < INCIDENT_DAYS_BEFORE and random.random() < 0.4:
            return "hotfix"
    kinds = PLATFORM_KINDS if cast.theme_of(repository.name) == "platform" else KINDS
    return random.choices(list(kinds), list(kinds.values()))[0]


def _author(repository: Repository, random: Random) -> Person:
    chance = random.random()
    if chance < GHOST_SHARE:
        return GHOST
    if not repository.is_private and chance < GHOST_SHARE + OUTSIDER_SHARE * 3:
        return random.choice(cast.OUTSIDERS)
    people, weights = CREWS[cast.theme_of(repository.name)]
    return random.choices(people, weights)[0]


def _agent(story: Story, origin: Origin, random: Random) -> str | None:
    progress = (origin.created_at - story.start) / (story.as_of - story.start)
    share = AGENT_SHARE_FIRST + (AGENT_SHARE_LAST - AGENT_SHARE_FIRST) * progress
    if random.random() >= share:
        return None
    return random.choices(list(AGENTS), list(AGENTS.values()))[0]


def _crew(name: str) -> tuple[list[Person], list[float]]:
    """Return the authors of a repository and their weights."""
    people = [person for person in cast.PEOPLE if name in person.home]
    return people, [person.weight * (1.0 if person.home[0] == name else 0.35) for person in people]


CREWS = {repository.name: _crew(repository.name) for repository in cast.REPOSITORIES}
