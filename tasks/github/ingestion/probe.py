"""Which repositories moved since their watermark: one point a hundred of them, where each scan costs one.

A repository is quiet where its newest pull request was last updated before the watermark less the overlap.
Everything that GitHub may have shown late lies behind that, and was read by the scan that set the watermark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, NotFound, TooHeavy
from tasks.github.api.queries import PROBE
from tasks.github.api.response import Json, Response
from tasks.github.pull_requests.failure_limits import FailureLimits
from tasks.github.pull_requests.scan import Scan


@dataclass(frozen=True)
class Probed:
    """A repository as of the probe. `newest_at`: last update of any of its pull requests; None where it has none."""

    full_name: str
    is_archived: bool
    total: int
    newest_at: datetime | None

    def as_scan(self, started_at: datetime) -> Scan:
        """What a scan would find where nothing moved."""
        return Scan((), self.full_name, self.is_archived, self.total, started_at)


@dataclass
class Probe:
    """What a probe found: each id is in `found` or in `lost`. `started_at` is GitHub's time."""

    started_at: datetime
    found: dict[str, Probed] = field(default_factory=dict)
    lost: dict[str, GitHubError] = field(default_factory=dict)
    patience: FailureLimits = field(default_factory=FailureLimits)


async def probe_repositories(github: GitHub, names: Mapping[str, str]) -> Probe:
    """When each of these repositories (names by id) last moved. What cannot be seen is in `lost`, with its reason.

    Raises GitHubError where GitHub answers for none of several in a row.
    """
    began_at = github.clock()
    probe = Probe(began_at)
    ids = list(names)
    for start in range(0, len(ids), PAGE):
        await _probe(github, ids[start : start + PAGE], names, probe)
    probe.started_at = github.at(began_at)
    return probe


async def _probe(github: GitHub, ids: Sequence[str], names: Mapping[str, str], probe: Probe) -> None:
    is_alone = len(ids) == 1
    asked = names[ids[0]] if is_alone else f"{len(ids)} repositories"
    try:
        answer = await github.execute(PROBE, {"ids": list(ids)}, asked=asked, attempts=ATTEMPTS if is_alone else 2)
    except (TooHeavy, Garbled, Forbidden) as error:
        if is_alone:
            probe.patience.lost_repository(error)
            probe.lost[ids[0]] = error
            return
        await _probe(github, ids[: len(ids) // 2], names, probe)
        await _probe(github, ids[len(ids) // 2 :], names, probe)
        return
    probe.patience.answered()
    nodes = answer.data.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(ids):
        raise Garbled("the answer does not have a node for each id", asked=asked)
    for place, (identifier, node) in enumerate(zip(ids, nodes, strict=True)):
        if node is not None and node.get("pullRequests") is not None:
            probe.found[identifier] = _parse(node)
        else:
            probe.lost[identifier] = _reason(answer, place, names[identifier])


def _parse(node: Json) -> Probed:
    newest = next((each for each in node["pullRequests"]["nodes"] or () if each is not None), None)
    return Probed(
        full_name=node["nameWithOwner"],
        is_archived=node["isArchived"],
        total=node["pullRequests"]["totalCount"],
        newest_at=datetime.fromisoformat(newest["updatedAt"]) if newest else None,
    )


def _reason(answer: Response, place: int, full_name: str) -> GitHubError:
    problem = answer.problem_at("nodes", place) or answer.problem_at("nodes", place, "pullRequests")
    if problem is not None and problem.kind == "FORBIDDEN":
        return problem.as_error(full_name)
    return NotFound(f"{full_name} is not there any more, or the token may not see it")
