"""Find the repositories in which something moved in their window: a point or two per hundred, instead of one each.

A repository is quiet if its newest pull request was last updated before its window. An incremental window begins at
the watermark minus the overlap: everything that GitHub may have shown late is older, and was read by the scan that set
the watermark. A window that begins a history also needs the pull requests that are open, whatever their age.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, KindFails, NotFound, TooHeavy
from tasks.github.api.queries.document import PAGE, Document, Variables
from tasks.github.api.queries.pull_requests import PROBE, PROBE_OPEN
from tasks.github.api.response import Json, Response
from tasks.github.pull_requests.failure_limits import FailureLimits
from tasks.github.pull_requests.scanned import ProbedRepository, ScannedPullRequest, parse_scanned


@dataclass
class Probe:
    """The result of a probe: each id is in `repositories` or in `errors`. `started_at` is GitHub's time.

    `failing` are those that failed in the last sync, too. `stopped_by` is the error after which the rest was not asked
    for, since GitHub did not respond for several in a row.
    """

    started_at: datetime
    repositories: dict[str, ProbedRepository] = field(default_factory=dict)
    errors: dict[str, GitHubError] = field(default_factory=dict)
    failing: Collection[str] = ()
    with_open: bool = False
    stopped_by: GitHubError | None = None
    failure_limits: FailureLimits = field(default_factory=FailureLimits)


async def probe_repositories(
    github: GitHub, names: Mapping[str, str], failing: Collection[str] = (), *, with_open: bool = False
) -> Probe:
    """Find when something last moved in each of these repositories (names by id), and if asked for what is open.

    It stops if GitHub does not respond for several in a row, apart from those in `failing`.
    """
    began_at = github.clock()
    probe = Probe(began_at, failing=failing, with_open=with_open)
    ids = list(names)
    for start in range(0, len(ids), PAGE):
        await _probe(github, ids[start : start + PAGE], names, probe)
    probe.started_at = github.at(began_at)
    return probe


async def _probe(github: GitHub, ids: Sequence[str], names: Mapping[str, str], probe: Probe) -> None:
    if probe.stopped_by is not None:
        return None
    is_alone = len(ids) == 1
    subject = names[ids[0]] if is_alone else f"{len(ids)} repositories"
    try:
        response = await github.execute(
            *_query(ids, probe.with_open), subject=subject, attempts=ATTEMPTS if is_alone else 2
        )
    except (TooHeavy, Garbled, Forbidden, KindFails) as error:
        if is_alone:
            return _record_failure(probe, ids[0], error)
        await _probe(github, ids[: len(ids) // 2], names, probe)
        return await _probe(github, ids[len(ids) // 2 :], names, probe)
    probe.failure_limits.reset()
    nodes = response.data.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(ids):
        raise Garbled("the response does not have a node for each id", subject=subject)
    for position, (identifier, node) in enumerate(zip(ids, nodes, strict=True)):
        if node is not None and node.get("pullRequests") is not None:
            probe.repositories[identifier] = _parse(node)
        else:
            probe.errors[identifier] = _reason(response, position, names[identifier])
    return None


def _query(ids: Sequence[str], with_open: bool) -> tuple[Document, Variables]:
    return (PROBE_OPEN, {"ids": list(ids), "first": PAGE}) if with_open else (PROBE, {"ids": list(ids)})


def _record_failure(probe: Probe, repository_id: str, error: GitHubError) -> None:
    probe.errors[repository_id] = error
    try:
        probe.failure_limits.count_repository(error, is_expected=repository_id in probe.failing)
    except GitHubError as last:
        probe.stopped_by = last


def _parse(node: Json) -> ProbedRepository:
    newest = next((each for each in node["pullRequests"]["nodes"] or () if each is not None), None)
    return ProbedRepository(
        full_name=node["nameWithOwner"],
        is_archived=node["isArchived"],
        total=node["pullRequests"]["totalCount"],
        newest_at=_read_newest(newest) if newest else None,
        open_pull_requests=_parse_open(node.get("open")),
    )


def _read_newest(node: Json) -> datetime:
    """Return when the newest was updated; an invalid timestamp counts as now, so that its repository is scanned."""
    return parse_iso_time(node["updatedAt"]) or datetime.max.replace(tzinfo=UTC)


def _parse_open(connection: Json | None) -> tuple[ScannedPullRequest, ...] | None:
    """Return the open pull requests; None unless the first page holds all of them."""
    if connection is None:
        return None
    parsed = (parse_scanned(node) for node in connection["nodes"] or () if node is not None)
    found = tuple(each for each in parsed if each is not None)
    is_whole = not connection["pageInfo"]["hasNextPage"] and len(found) == connection["totalCount"]
    return found if is_whole else None


def _reason(response: Response, position: int, full_name: str) -> GitHubError:
    problem = response.problem_at("nodes", position) or response.problem_at("nodes", position, "pullRequests")
    if problem is not None and problem.kind == "FORBIDDEN":
        return problem.as_error(full_name)
    return NotFound(f"{full_name} no longer exists, or the token may not see it")
