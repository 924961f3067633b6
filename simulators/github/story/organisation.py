"""An organisation made from a seed: the same seed and `as_of` give exactly the same one."""

from datetime import datetime
from functools import partial
from random import Random

from simulators.github.store import records
from simulators.github.store.records import iso
from simulators.github.store.world import Organisation
from simulators.github.story import cast
from simulators.github.story.delivery import Merge, deliver
from simulators.github.story.identity import CREWS, Origin, Story
from simulators.github.story.life import Life, live
from simulators.github.story.rendering import Reverted, Reverting, Scene, light_record, render
from simulators.github.story.reverts import RevertStyle, revert_style
from simulators.github.story.working_time import DAY, HOUR, day_weight, opening_time

__all__ = ["Organisation", "make_organisation"]

REVERTED_SHARE = 0.014
# The first day of 1970 was a Thursday.
TUESDAY = 5
NUMBERS_APART = 1.35
"""Issues take numbers too."""


def make_organisation(
    seed: int,
    as_of: datetime,
    repositories: int = 6,
    pull_requests: int = 1_200,
    days: int = 120,
    login: str = "acme",
    first_id: int = 0,
) -> Organisation:
    """Return an organisation whose pull requests were opened in the `days` before `as_of`, which has a time zone.

    There are about `pull_requests` of them, including reverts. They are planned now (a tenth of a millisecond each) and
    rendered when they are first read. Two organisations of one GitHub have ids of their own by `first_id`, and the same
    people.
    """
    story = Story(seed, float(int(as_of.timestamp())), days)
    organisation = _founded(story, login, first_id)
    plans = cast.repositories(repositories)
    whole = sum(plan.share for plan in plans)
    left = pull_requests
    for place, plan in enumerate(plans):
        count = left if place == len(plans) - 1 else round(pull_requests * plan.share / whole)
        left -= count
        _add_repository(organisation, story, plan, first_id + 1_000 + place, count)
    return organisation


def _founded(story: Story, login: str, first_id: int) -> Organisation:
    """Return the organisation with its people, bots and teams."""
    born = iso(story.as_of - 6 * 365 * DAY)
    owner = records.actor("Organization", first_id + 500, login, login.capitalize(), born)
    people = {person.login: person for person in (*cast.PEOPLE, *cast.OUTSIDERS)}
    accounts = {
        name: records.actor("User", 600 + place, name, person.name, born)
        for place, (name, person) in enumerate(people.items())
    }
    organisation = Organisation(owner, accounts[cast.PEOPLE[0].login], iso(story.as_of))
    for place, person in enumerate(cast.PEOPLE):
        organisation.add_member(accounts[person.login], "ADMIN" if place % 11 == 0 else "MEMBER")
    for person in cast.OUTSIDERS:
        organisation.add_account(accounts[person.login])
    _add_robots(organisation, born)
    for place, (name, slug, homes) in enumerate(cast.TEAMS):
        members = [accounts[person.login] for person in cast.PEOPLE if person.home[0] in homes]
        organisation.add_team(records.team(first_id + 800 + place, name, slug, owner, members))
    return organisation


def _add_robots(organisation: Organisation, born: str) -> None:
    for place, name in enumerate(cast.BOTS):
        organisation.add_account(records.actor("Bot", 700 + place, name, None, born))
    for place, name in enumerate((cast.MERGE_QUEUE, cast.LANDER)):
        organisation.add_account(records.actor("Bot", 780 + place, name, None, born))
    organisation.add_member(records.actor("User", 790, cast.CI_BOT, "Northwind CI", born))
    for place, name in enumerate(cast.GHOSTS):
        organisation.add_account(records.actor("User", 795 + place, name, None, born) | {"isDeleted": True})


def _add_repository(organisation: Organisation, story: Story, plan: cast.Repository, number: int, count: int) -> None:
    repository = records.repository(
        organisation.owner,
        number,
        plan.name,
        iso(story.start - 900 * DAY),
        description=plan.description,
        language=plan.language,
        isPrivate=plan.is_private,
        stargazerCount=0 if plan.is_private else 212,
        labels=[records.label(number * 100 + place, *label) for place, label in enumerate(cast.LABELS)],
    )
    organisation.add_repository(repository)
    scene = Scene(organisation, story, plan, repository, {label["name"]: label for label in repository["labels"]})
    entries, merges = [], []
    for each_number, origin, reverted, reverting, life in _numbered(story, plan, count):
        light = light_record(repository, each_number, life)
        entries.append((light, partial(render, scene, origin, each_number, reverted, reverting)))
        if light["state"] == "MERGED":
            merges.append(Merge(life.final_state()[1] or 0.0, each_number))
    organisation.fill(repository, entries)
    organisation.deliver(repository, partial(deliver, organisation, story, plan, repository, merges))
    last = max((light["updatedAt"] for light, _ in entries), default=repository["createdAt"])
    repository["pushedAt"] = repository["updatedAt"] = last


_Unnumbered = tuple[Origin, Life, Origin | None]
_Planned = tuple[int, Origin, Reverted | None, Reverting | None, Life]


def _numbered(story: Story, plan: cast.Repository, count: int) -> list[_Planned]:
    """Return origins and lives in the order of opening, each with its number."""
    random = Random(f"{story.seed}/{plan.name}/openings")
    reverts = round(count * REVERTED_SHARE)
    releases = _releases(story, plan, count)
    origins = [Origin(key, at) for key, at in enumerate(_openings(story, plan, count - reverts, random))]
    del origins[: len(releases) * 8 : 8]  # so many fewer of the others
    planned: list[_Unnumbered] = [(origin, live(story, plan, origin), None) for origin in origins]
    planned += _reverts(story, plan, planned, reverts, random)
    planned += [(origin, live(story, plan, origin), None) for origin in releases]
    planned.sort(key=lambda each: each[0].created_at)
    numbers, number = {}, plan.first_number
    for origin, _, _ in planned:
        number += 1 if random.random() < 1 / NUMBERS_APART else 2
        numbers[origin.key] = number
    reverting = {
        of.key: Reverting(numbers[origin.key], life.identity.opener, origin.created_at)
        for origin, life, of in planned
        if of and revert_style(numbers[origin.key]) is RevertStyle.BUTTON
    }
    for origin, life, _ in planned:
        if origin.key in reverting:
            life.add(reverting[origin.key].event())
    return [
        (numbers[origin.key], origin, Reverted(numbers[of.key], of) if of else None, reverting.get(origin.key), life)
        for origin, life, of in planned
    ]


def _openings(story: Story, plan: cast.Repository, count: int, random: Random) -> list[float]:
    """Return times of opening, by the day's weight and somebody's working hours."""
    days = [story.start - story.start % DAY + place * DAY for place in range(story.days + 1)]
    people, weights = CREWS[cast.theme_of(plan.name)]
    chosen = random.choices(days, [day_weight(day) for day in days], k=count)
    times = [
        opening_time(day, person.offset, random)
        for day, person in zip(chosen, random.choices(people, weights, k=count), strict=True)
    ]
    return sorted(float(int(min(max(at, story.start), story.as_of - random.uniform(60, 9_000)))) for at in times)


def _releases(story: Story, plan: cast.Repository, count: int) -> list[Origin]:
    """Return the releases of the repository that takes one branch to another, on Tuesdays; none in a tiny one."""
    if cast.theme_of(plan.name) != cast.RELEASED_REPOSITORY:
        return []
    first = story.start - story.start % DAY + 14 * HOUR
    days = [day for day in range(story.days) if (first + day * DAY) // DAY % 7 == TUESDAY]
    every_other = [first + day * DAY for day in days[:: cast.RELEASE_DAYS // 7]]
    return [Origin(2_000_000 + place, at, "release") for place, at in enumerate(every_other[: count // 20])]


def _reverts(
    story: Story, plan: cast.Repository, planned: list[_Unnumbered], count: int, random: Random
) -> list[_Unnumbered]:
    """Add reverts of some merged pull requests within a day or two."""
    merged = [
        (origin, ended[1])
        for origin, life, _ in planned
        if (ended := life.final_state())[0] == "MERGED" and ended[1] and ended[1] < story.as_of - 2 * DAY
    ]
    chosen = random.sample(merged, min(count, len(merged)))
    made: list[_Unnumbered] = []
    for place, (of, at) in enumerate(chosen):
        origin = Origin(1_000_000 + place, float(int(at + random.uniform(0.4, 30) * HOUR)), "revert")
        made.append((origin, live(story, plan, origin), of))
    return made
