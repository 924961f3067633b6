"""Releases and deployments of an invented repository, which follow the merges of its pull requests.

Services deploy merges to staging immediately and to production soon after or once a day; the app and the platform are
released by tags. One deployment to production in twenty-five fails, and is fixed within the hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from simulators.github.store import delivery_records, records
from simulators.github.store.records import Record, iso, node_id
from simulators.github.store.world import Deliveries, Organisation
from simulators.github.story import cast
from simulators.github.story.identity import Story
from simulators.github.story.working_time import DAY, HOUR

FAILED_SHARE = 0.04
ROBOT = "github-actions"
DAYS_BETWEEN_RELEASES = {"mobile": 7, "platform": 14, "payments": 14}
DEPLOYED_DAILY = frozenset({"payments"})
NEVER_DEPLOYED = frozenset({"mobile"})


@dataclass(frozen=True, slots=True)
class Merge:
    """A pull request on the default branch, and the time of its merge."""

    at: float
    number: int


@dataclass(frozen=True, slots=True)
class _Start:
    """The start of a deployment: its merge, and whether it will succeed."""

    at: float
    environment: str
    merge: Merge
    is_success: bool


def deliver(
    organisation: Organisation, story: Story, plan: cast.Repository, repository: Record, merges: Sequence[Merge]
) -> Deliveries:
    """Return all releases and deployments up to the end of the story, oldest first."""
    random = Random(f"{story.seed}/{plan.name}/deliveries")
    merges = sorted(merges, key=lambda merge: merge.at)
    robot = organisation.account(ROBOT)
    if robot is None:
        return Deliveries()
    theme = cast.theme_of(plan.name)
    starts = [] if theme in NEVER_DEPLOYED else sorted(_starts(theme, merges, random), key=lambda start: start.at)
    made = [start for start in starts if start.at < story.as_of]
    return Deliveries(
        releases=_releases(organisation, story, theme, repository, merges, random),
        deployments=[
            _deployment(repository, place, start, robot, story, replaced_at, random)
            for place, (start, replaced_at) in enumerate(zip(made, _replacements(made), strict=True))
        ],
    )


def _starts(theme: str, merges: Sequence[Merge], random: Random) -> Iterator[_Start]:
    for merge in merges:
        yield _Start(merge.at + random.uniform(4, 12) * 60, "staging", merge, random.random() > FAILED_SHARE / 2)
    for at, merge in _daily(merges) if theme in DEPLOYED_DAILY else _continuous(merges, random):
        is_success = random.random() > FAILED_SHARE
        yield _Start(at, "production", merge, is_success)
        if not is_success:
            yield _Start(at + random.uniform(15, 55) * 60, "production", merge, True)


def _continuous(merges: Sequence[Merge], random: Random) -> Iterator[tuple[float, Merge]]:
    """Deploy each merge within minutes, or a little later together with the next."""
    for place, merge in enumerate(merges):
        at = merge.at + random.uniform(18, 70) * 60
        if all(following.at > at for following in merges[place + 1 : place + 2]):
            yield at, merge


def _daily(merges: Sequence[Merge]) -> Iterator[tuple[float, Merge]]:
    """Deploy the merges of the day before at nine in the morning, UTC."""
    last = {merge.at // DAY: merge for merge in merges}
    for day, merge in last.items():
        yield (day + 1) * DAY + 9 * HOUR, merge


def _replacements(starts: Sequence[_Start]) -> list[float | None]:
    """Return for each when the next successful one replaces it in the same environment."""
    following: dict[str, float] = {}
    found: list[float | None] = []
    for start in reversed(starts):
        found.append(following.get(start.environment))
        if start.is_success:
            following[start.environment] = start.at + 300
    return found[::-1]


def _deployment(
    repository: Record,
    place: int,
    start: _Start,
    robot: Record,
    story: Story,
    replaced_at: float | None,
    random: Random,
) -> Record:
    ended = start.at + random.uniform(2, 9) * 60
    told = [("QUEUED", start.at), ("IN_PROGRESS", start.at + 20), ("SUCCESS" if start.is_success else "FAILURE", ended)]
    if start.is_success and replaced_at is not None:
        told.append(("INACTIVE", max(replaced_at, ended + 1)))
    statuses = [
        delivery_records.deployment_status(
            node_id("DES", repository["databaseId"], place * 8 + number), state, iso(at), robot, start.environment
        )
        for number, (state, at) in enumerate(told)
        if at <= story.as_of
    ]
    oid = records.fake_oid("merge", repository["databaseId"], start.merge.number)
    return delivery_records.deployment(repository, place, start.environment, iso(start.at), oid, robot, statuses[::-1])


def _releases(
    organisation: Organisation, story: Story, theme: str, repository: Record, merges: Sequence[Merge], random: Random
) -> list[Record]:
    """Release all merges so far every N days; each release of the app has a candidate four days before."""
    days = DAYS_BETWEEN_RELEASES.get(theme)
    if days is None:
        return []
    made: list[Record] = []
    day = story.start - story.start % DAY + days * DAY + 10 * HOUR
    author = organisation.account(next(person.login for person in cast.PEOPLE if person.home[0] == theme))
    for minor in range(4, 4 + int(story.days / days)):
        tag = f"v2.{minor}.0"
        candidate = [(day - 4 * DAY, f"{tag}-rc.1")] if theme == "mobile" else []
        for at, name in [*candidate, (day + random.uniform(0, 4) * HOUR, tag)]:
            merged = [merge for merge in merges if at - days * DAY <= merge.at < at]
            if at < story.as_of and merged:
                made.append(_release(repository, len(made), at, name, author, merged))
        day += days * DAY
    if newest := next((each for each in reversed(made) if not each["isPrerelease"]), None):
        newest["isLatest"] = True
    return made


def _release(
    repository: Record, place: int, at: float, tag: str, author: Record | None, merged: Sequence[Merge]
) -> Record:
    full_name = f"{repository['owner']['login']}/{repository['name']}"
    notes = "\n".join(f"* {full_name}#{merge.number}" for merge in merged)
    return delivery_records.release(
        repository,
        place,
        tag,
        iso(at),
        author,
        description=f"## What's changed\n\n{notes}",
        isPrerelease="-rc." in tag,
        oid=records.fake_oid("merge", repository["databaseId"], merged[-1].number),
    )
