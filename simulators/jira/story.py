"""The issues behind the pull requests of the simulated GitHub: what their titles name, with a life that fits."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.jira.world import DONE, IN_PROGRESS, IN_REVIEW, SimIssue, World

EPICS = ("Payouts on time", "Fewer failed captures", "Network tokens", "A ledger that closes", "New markets", "Run it")
GONE_SHARE, PRIVATE_SHARE = 0.02, 0.02
_KEY = re.compile(r"\b([A-Z][A-Z0-9]+)-([1-9][0-9]*)\b")
_FIXES = re.compile(r"\b(?:fix|hotfix|broken|wrong|fails?)\b", re.IGNORECASE)
PullRequest = Mapping[str, Any]


def make_world(pull_requests: Iterable[PullRequest], as_of: datetime) -> World:
    """Return a Jira whose issues the pull requests name; a few were deleted, or are not to be seen."""
    named: dict[tuple[str, int], list[PullRequest]] = {}
    for pull_request in pull_requests:
        for project, number in _KEY.findall(pull_request["title"]):
            named.setdefault((project, int(number)), []).append(pull_request)
    world = World()
    epics: dict[str, list[SimIssue]] = {}
    for (project, number), group in sorted(named.items()):
        if project not in world.projects:
            world.add_project(project, project.capitalize())
            begun = as_of - timedelta(days=200)
            epics[project] = [world.add_issue(project, "Epic", name, begun) for name in EPICS]
        _add_issue(world, (project, number), group, epics[project], as_of)
    return world


def _add_issue(
    world: World, key: tuple[str, int], group: list[PullRequest], epics: list[SimIssue], as_of: datetime
) -> None:
    random = Random(f"{key}")
    title = str(group[0]["title"]).partition(": ")[2] or str(group[0]["title"])
    kind = "Bug" if _FIXES.search(title) else random.choices(("Story", "Task"), (3, 1))[0]
    opened = min(_time(one["createdAt"]) for one in group)
    begun = opened - timedelta(hours=random.uniform(2, 90))
    issue = world.add_issue(key[0], kind, title, begun - timedelta(days=random.uniform(0.5, 20)), number=key[1])
    issue.parent = random.choice(epics) if random.random() < 0.8 else None
    issue.is_private = random.random() < PRIVATE_SHARE
    for status, at in _life(begun, opened, group, random):
        if at <= as_of:
            world.set_status(issue, status, at)
    if random.random() < GONE_SHARE:
        world.delete(issue)


def _life(
    begun: datetime, opened: datetime, group: list[PullRequest], random: Random
) -> Iterator[tuple[str, datetime]]:
    if random.random() < 0.93:  # the others go from To Do to In Review at once, as people forget
        yield IN_PROGRESS, begun
    yield IN_REVIEW, opened + timedelta(minutes=random.uniform(1, 90))
    merged = [_time(one["mergedAt"]) for one in group if one.get("mergedAt")]
    if len(merged) == len(group):
        yield DONE, max(merged) + timedelta(hours=random.uniform(0.1, 30))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
