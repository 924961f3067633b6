"""Whole pull requests by their ids: every nested connection read to its end, as of one moment each.

A batch that GitHub finds too heavy is halved, down to one; one that is still too heavy is asked without
its heavy connections, which are then read page by page. A pull request that changes between two of its
pages is read again from the start, and so is one whose parts do not add up to GitHub's own totals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE, Document
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, TooHeavy
from tasks.github.api.queries import (
    CONNECTIONS,
    CONTINUATIONS,
    HEAVY,
    LIGHT_PULL_REQUESTS,
    MORE_THREAD_COMMENTS,
    PULL_REQUESTS,
    THREAD_COMMENTS,
)
from tasks.github.api.response import Json, Problem, Response
from tasks.github.pull_requests.completeness import PARTIAL_REASON, find_missing

READS = 3
"""How often a pull request is read that changes meanwhile, or does not add up."""

MOVED = "isMoving"
"""Key set in the JSON of a pull request that changed between two of its pages."""

MOVING = "it changed each time while it was being read"


@dataclass(frozen=True)
class Fetched:
    """What came of a batch. Each id asked for is in exactly one of `nodes`, `gone` and `failed`.

    `gone` is what GitHub does not find; `was_halved` says that the batch was too large for it.
    """

    nodes: tuple[Json, ...]
    gone: tuple[str, ...] = ()
    failed: Mapping[str, GitHubError] = field(default_factory=dict)
    was_halved: bool = False


@dataclass
class _Round:
    """One reading of some ids, while it goes on."""

    nodes: dict[str, Json] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    failed: dict[str, GitHubError] = field(default_factory=dict)
    was_halved: bool = False

    def fail(self, identifier: str, error: GitHubError) -> None:
        """Give one pull request up; an error that others would meet too goes on instead."""
        if error.ends_run:
            raise error
        self.nodes.pop(identifier, None)
        self.failed[identifier] = error


async def fetch_pull_requests(
    github: GitHub, ids: Sequence[str], *, size: int | None = None, page: int = PAGE
) -> Fetched:
    """The pull requests with these ids, whole. What is wrong with one does not stop the others.

    `size` of them are asked for by one query, all unless told; their review threads are then read together.
    Each node holds all of CONNECTIONS, each of its review threads its `comments`, and under PARTIAL_REASON
    what is missing in spite of all. Raises GitHubError only where it concerns more than single pull requests.
    """
    total = await _read_round(github, ids, size or len(ids), page)
    again = _not_settled(total.nodes, {})
    for _ in range(READS - 1):
        if not again:
            break
        repeated = await _read_round(github, list(again), size or len(ids), page)
        for identifier in again:
            total.nodes.pop(identifier)
        total.nodes |= repeated.nodes
        total.gone += repeated.gone
        total.failed |= repeated.failed
        again = _not_settled(repeated.nodes, again)
    return Fetched(tuple(total.nodes.values()), tuple(total.gone), total.failed, total.was_halved)


def _not_settled(nodes: Mapping[str, Json], before: Mapping[str, str]) -> dict[str, str]:
    """Pull requests to be read again, with the reason; one that gives the same reason twice is settled."""
    for node in nodes.values():
        node[PARTIAL_REASON] = MOVING if node.get(MOVED) else find_missing(node)
    reasons = {key: node[PARTIAL_REASON] for key, node in nodes.items() if node[PARTIAL_REASON]}
    return {key: reason for key, reason in reasons.items() if reason == MOVING or before.get(key) != reason}


async def _read_round(github: GitHub, ids: Sequence[str], size: int, page: int) -> _Round:
    """First pages of all, then what is missing of each, then the comments of all their review threads."""
    done = _Round()
    for start in range(0, len(ids), size):
        await _read_first_pages(github, ids[start : start + size], page, done)
    for identifier, node in list(done.nodes.items()):
        try:
            await _read_to_the_end(github, node, page)
        except (TooHeavy, Garbled, Forbidden) as error:
            done.fail(identifier, error)
    await _read_thread_comments(github, done, page)
    return done


async def _read_first_pages(github: GitHub, ids: Sequence[str], page: int, done: _Round) -> None:
    is_alone = len(ids) == 1
    asked = "" if is_alone else f"{len(ids)} pull requests"
    try:
        answer = await github.execute(
            PULL_REQUESTS, {"ids": list(ids), "first": page}, asked=asked, attempts=2 if is_alone else 1
        )
        _sort_nodes(answer, ids, done)
    except (TooHeavy, Garbled, Forbidden) as error:
        done.was_halved |= not isinstance(error, Forbidden)
        if is_alone:
            return await _read_without_heavy(github, ids[0], page, done, error)
        await github.back_off(1)
        half = len(ids) // 2
        await _read_first_pages(github, ids[:half], page, done)
        await _read_first_pages(github, ids[half:], page, done)


async def _read_without_heavy(github: GitHub, identifier: str, page: int, done: _Round, cause: GitHubError) -> None:
    """The last resort: the heavy connections are left to continuation queries, which begin at their start."""
    if not isinstance(cause, TooHeavy):
        return done.fail(identifier, cause)
    try:
        answer = await github.execute(LIGHT_PULL_REQUESTS, {"ids": [identifier], "first": page})
    except (TooHeavy, Garbled, Forbidden) as error:
        return done.fail(identifier, error)
    _sort_nodes(answer, [identifier], done)
    for name in HEAVY:
        unread = {"totalCount": 0, "pageInfo": {"hasNextPage": True, "endCursor": None}, "nodes": []}
        done.nodes.get(identifier, {})[name] = unread
    return None


def _sort_nodes(answer: Response, ids: Sequence[str], done: _Round) -> None:
    nodes = answer.data.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(ids):
        raise Garbled("the answer does not have a node for each id")
    for index, (identifier, node) in enumerate(zip(ids, nodes, strict=True)):
        if node is not None and node.get("__typename") == "PullRequest":
            done.nodes[identifier] = node
        elif node is not None or _is_not_found(answer.problem_at("nodes", index)):
            done.gone.append(identifier)
        else:
            done.failed[identifier] = _reason_for_null(answer.problem_under("nodes", index))


def _is_not_found(problem: Problem | None) -> bool:
    return problem is not None and problem.kind == "NOT_FOUND"


def _reason_for_null(problem: Problem | None) -> GitHubError:
    """Of a pull request that is not said to be gone: a part that may not be seen takes all of it along."""
    if problem is not None and problem.kind == "FORBIDDEN":
        return problem.as_error("")
    said = problem.said if problem is not None else "nothing says why"
    return Garbled(f"GitHub answered null ({said})")


async def _read_to_the_end(github: GitHub, node: Json, page: int) -> None:
    """Append the further pages of every connection; marks the node where it changed meanwhile."""
    for name in CONNECTIONS:
        if not await _read_further(github, CONTINUATIONS[name], node["id"], node, name, node["updatedAt"], page):
            node[MOVED] = True
            return


async def _read_further(
    github: GitHub, document: Document, identifier: str, holder: Json, name: str, updated_at: str, page: int
) -> bool:
    """Append the further pages of connection `name` to `holder`; False where the pull request changed.

    Pages that are too heavy are asked for again at half their size.
    """
    connection = holder[name]
    while connection and connection["pageInfo"]["hasNextPage"]:
        after = connection["pageInfo"]["endCursor"]
        try:
            answer = await github.execute(
                document,
                {"id": identifier, "first": page, "after": after},
                attempts=1 if page > 1 else ATTEMPTS,
            )
        except TooHeavy:
            if page == 1:
                raise
            page = max(1, page // 2)
            await github.back_off(1)
            continue
        more = answer.data.get("node")
        if more is None or _pull_request_of(more)["updatedAt"] != updated_at:
            return False
        _append(connection, more[name])
    return True


def _pull_request_of(node: Json) -> Json:
    return node["pullRequest"] if node["__typename"] == "PullRequestReviewThread" else node


def _append(connection: Json, page: Json | None) -> None:
    if page is None:
        connection["pageInfo"] = {"hasNextPage": False, "endCursor": None}
        return
    info = page["pageInfo"]
    if info["hasNextPage"] and info["endCursor"] == connection["pageInfo"]["endCursor"]:
        raise Garbled("the next page has the same cursor as this one")
    connection["nodes"] = [*(connection["nodes"] or []), *(page["nodes"] or [])]
    connection["pageInfo"], connection["totalCount"] = info, page["totalCount"]


async def _read_thread_comments(github: GitHub, done: _Round, page: int) -> None:
    """The comments of all review threads of the round, by the hundred: only pull requests that have threads cost."""
    owners = {
        thread["id"]: (thread, node)
        for node in done.nodes.values()
        if not node.get(MOVED) and node["reviewThreads"]
        for thread in node["reviewThreads"]["nodes"]
        if thread is not None
    }
    ids = list(owners)
    for start in range(0, len(ids), PAGE):
        for answered in await _fetch_threads(github, ids[start : start + PAGE], page):
            await _attach_comments(github, answered, *owners[answered["id"]], done, page)


async def _fetch_threads(github: GitHub, ids: Sequence[str], page: int) -> list[Json]:
    """The threads that GitHub still has, each with the first page of its comments."""
    asked = f"the comments of {len(ids)} review threads"
    try:
        answer = await github.execute(
            THREAD_COMMENTS, {"ids": list(ids), "first": page}, asked=asked, attempts=1 if len(ids) > 1 else ATTEMPTS
        )
    except (TooHeavy, Garbled, Forbidden):
        if len(ids) == 1:
            return []  # its pull request is then incomplete, which says so
        await github.back_off(1)
        half = len(ids) // 2
        return [*await _fetch_threads(github, ids[:half], page), *await _fetch_threads(github, ids[half:], page)]
    return [node for node in answer.data.get("nodes") or () if node is not None]


async def _attach_comments(github: GitHub, answered: Json, thread: Json, node: Json, done: _Round, page: int) -> None:
    if answered["pullRequest"]["updatedAt"] != node["updatedAt"]:
        node[MOVED] = True
        return None
    thread["comments"] = answered["comments"]
    document, identifier = MORE_THREAD_COMMENTS, answered["id"]
    try:
        is_same = await _read_further(github, document, identifier, thread, "comments", node["updatedAt"], page)
    except (TooHeavy, Garbled, Forbidden) as error:
        return done.fail(node["id"], error)
    if not is_same:
        node[MOVED] = True
    return None
