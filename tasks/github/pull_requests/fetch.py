"""Fetch complete pull requests by their ids: every nested connection to its end, each in a consistent state.

A batch that is too heavy for GitHub is halved, down to one; one that is still too heavy is requested without its heavy
connections, which are then read page by page. A pull request that changes between two of its pages is read again from
the start, and so is one whose parts do not add up to GitHub's own totals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, KindFails, Misshapen, TooHeavy
from tasks.github.api.queries.document import PAGE, Document
from tasks.github.api.queries.pull_requests import (
    CONNECTIONS,
    CONTINUATIONS,
    HEAD_CHECKS,
    HEAVY,
    LIGHT_PULL_REQUESTS,
    MORE_THREAD_COMMENTS,
    PULL_REQUESTS,
    THREAD_COMMENTS,
)
from tasks.github.api.response import Json, Problem, Response
from tasks.github.pull_requests.completeness import HIDDEN, KEEPS_CHANGING, PARTIAL_REASON, UNREAD, find_missing
from tasks.github.pull_requests.tidy import tidy

MAX_READS = 3
"""Readings of a pull request that changes meanwhile or does not add up."""

CHANGED = "isMoving"
"""Key set in the JSON of a pull request that changed between two of its pages."""


@dataclass(frozen=True)
class FetchedBatch:
    """The result of a batch. Each requested id is in exactly one of `nodes`, `gone` and `failed`.

    `gone` are those that GitHub does not find; `was_halved` says that the batch was too heavy for it.
    """

    nodes: tuple[Json, ...]
    gone: tuple[str, ...] = ()
    failed: Mapping[str, GitHubError] = field(default_factory=dict)
    was_halved: bool = False


@dataclass
class _Reading:
    """One reading of some pull requests, in progress."""

    nodes: dict[str, Json] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    failed: dict[str, GitHubError] = field(default_factory=dict)
    was_halved: bool = False

    def fail(self, pull_request_id: str, error: GitHubError) -> None:
        """Give one pull request up. Raises `error` if others would fail in the same way."""
        if error.ends_run:
            raise error
        self.nodes.pop(pull_request_id, None)
        self.failed[pull_request_id] = error


async def fetch_pull_requests(
    github: GitHub, ids: Sequence[str], *, size: int | None = None, page_size: int = PAGE
) -> FetchedBatch:
    """Fetch the complete pull requests with these ids. An error of one does not affect the others.

    One query requests `size` of them, by default all; their review threads are then read together. Each node holds all
    of CONNECTIONS, each of its review threads its `comments`, and PARTIAL_REASON what is still missing. Raises
    GitHubError only if it concerns more than single pull requests.
    """
    total = await _read_once(github, ids, size or len(ids), page_size)
    unsettled = _find_unsettled(total.nodes, {})
    for _ in range(MAX_READS - 1):
        if not unsettled:
            break
        repeated = await _read_once(github, list(unsettled), size or len(ids), page_size)
        for pull_request_id in unsettled:
            total.nodes.pop(pull_request_id)
        total.nodes |= repeated.nodes
        total.gone += repeated.gone
        total.failed |= repeated.failed
        unsettled = _find_unsettled(repeated.nodes, unsettled)
    return FetchedBatch(tuple(total.nodes.values()), tuple(total.gone), total.failed, total.was_halved)


def _find_unsettled(nodes: Mapping[str, Json], before: Mapping[str, str]) -> dict[str, str]:
    """Return the pull requests to read again, with the reason; one with the same reason twice is settled."""
    for node in nodes.values():
        tidy(node)
        node[PARTIAL_REASON] = KEEPS_CHANGING if node.get(CHANGED) else find_missing(node)
    reasons = {key: node[PARTIAL_REASON] for key, node in nodes.items() if node[PARTIAL_REASON]}
    return {key: reason for key, reason in reasons.items() if reason == KEEPS_CHANGING or before.get(key) != reason}


async def _read_once(github: GitHub, ids: Sequence[str], size: int, page_size: int) -> _Reading:
    """Read the first pages of all, then the further pages of each, then the comments of all their review threads."""
    reading = _Reading()
    for start in range(0, len(ids), size):
        await _read_first_pages(github, ids[start : start + size], page_size, reading)
    for pull_request_id, node in list(reading.nodes.items()):
        try:
            await _read_further_pages(github, node, page_size)
        except (TooHeavy, Garbled, Forbidden) as error:
            reading.fail(pull_request_id, error)
    await _read_thread_comments(github, reading, page_size)
    return reading


async def _read_first_pages(github: GitHub, ids: Sequence[str], page_size: int, reading: _Reading) -> None:
    is_alone = len(ids) == 1
    subject = "" if is_alone else f"{len(ids)} pull requests"
    try:
        response = await github.execute(
            PULL_REQUESTS, {"ids": list(ids), "first": page_size}, subject=subject, attempts=2 if is_alone else 1
        )
        _sort_nodes(response, ids, reading)
    except KindFails as error:
        for pull_request_id in ids:
            await _read_without_heavy(github, pull_request_id, page_size, reading, error)
    except (TooHeavy, Garbled, Forbidden) as error:
        reading.was_halved |= not isinstance(error, Forbidden)
        if is_alone:
            return await _read_without_heavy(github, ids[0], page_size, reading, error)
        await github.back_off(1)
        half = len(ids) // 2
        await _read_first_pages(github, ids[:half], page_size, reading)
        await _read_first_pages(github, ids[half:], page_size, reading)


async def _read_without_heavy(
    github: GitHub, pull_request_id: str, page_size: int, reading: _Reading, cause: GitHubError
) -> None:
    """Read a pull request without its heavy connections; continuation queries then read them from their start."""
    if not isinstance(cause, TooHeavy | KindFails):
        return reading.fail(pull_request_id, cause)
    try:
        response = await github.execute(LIGHT_PULL_REQUESTS, {"ids": [pull_request_id], "first": page_size})
    except (TooHeavy, Garbled, Forbidden, KindFails) as error:
        return reading.fail(pull_request_id, error)
    _sort_nodes(response, [pull_request_id], reading)
    node = reading.nodes.get(pull_request_id)
    if node is not None:
        for name in HEAVY:
            node[name] = {"totalCount": 0, "pageInfo": {"hasNextPage": True, "endCursor": None}, "nodes": []}
        await _add_checks(github, node)
    return None


async def _add_checks(github: GitHub, node: Json) -> None:
    """Add the state of the head's checks; a pull request of which GitHub cannot compute it goes without."""
    try:
        response = await github.execute(HEAD_CHECKS, {"ids": [node["id"]]}, attempts=1)
    except (TooHeavy, Garbled, Forbidden, KindFails):
        return
    found = next(iter(response.data.get("nodes") or ()), None) or {}
    node["statusCheckRollup"] = found.get("statusCheckRollup")


def _sort_nodes(response: Response, ids: Sequence[str], reading: _Reading) -> None:
    nodes = response.data.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(ids):
        raise Garbled("the response does not have a node for each id")
    for index, (pull_request_id, node) in enumerate(zip(ids, nodes, strict=True)):
        if node is not None and node.get("__typename") == "PullRequest" and node.get("id") == pull_request_id:
            reading.nodes[pull_request_id] = _note_hidden(node, response, index)
        elif node is not None:
            reading.failed[pull_request_id] = Misshapen("GitHub returned something else in its place")
        elif _is_not_found(response.problem_at("nodes", index)):
            reading.gone.append(pull_request_id)
        else:
            reading.failed[pull_request_id] = _reason_for_null(response.problem_under("nodes", index))


def _note_hidden(node: Json, response: Response, index: int) -> Json:
    """Note which heavy connections are null with a reason: without one GitHub has nothing there."""
    for name in (name for name in HEAVY if name in node and node[name] is None):
        if problem := response.problem_under("nodes", index, name):
            node.setdefault(HIDDEN, {})[name] = problem.reason
    return node


def _is_not_found(problem: Problem | None) -> bool:
    return problem is not None and problem.kind == "NOT_FOUND"


def _reason_for_null(problem: Problem | None) -> GitHubError:
    """Return why a node is null although GitHub does not report it as gone: often a part that may not be seen."""
    if problem is not None and problem.kind == "FORBIDDEN":
        return problem.as_error("")
    reason = problem.reason if problem is not None else "without a reason"
    return Garbled(f"GitHub returned null ({reason})")


async def _read_further_pages(github: GitHub, node: Json, page_size: int) -> None:
    """Append the further pages of every connection; mark the node if it changed meanwhile, and what stays unread."""
    for name in CONNECTIONS:
        document, updated_at = CONTINUATIONS[name], node["updatedAt"]
        try:
            is_same = await _read_rest_of(github, document, node["id"], node, name, updated_at, page_size)
        except KindFails as error:
            node.setdefault(UNREAD, {})[name] = error.reason
            continue
        if not is_same:
            node[CHANGED] = True
            return


async def _read_rest_of(
    github: GitHub, document: Document, pull_request_id: str, holder: Json, name: str, updated_at: str, page_size: int
) -> bool:
    """Append the further pages of connection `name` to `holder`; return False if the pull request changed.

    Pages that are too heavy are requested again at half their size.
    """
    connection = holder[name]
    while connection and connection["pageInfo"]["hasNextPage"]:
        after = connection["pageInfo"]["endCursor"]
        try:
            response = await github.execute(
                document,
                {"id": pull_request_id, "first": page_size, "after": after},
                attempts=1 if page_size > 1 else ATTEMPTS,
            )
        except TooHeavy:
            if page_size == 1:
                raise
            page_size = max(1, page_size // 2)
            await github.back_off(1)
            continue
        more = response.data.get("node")
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
    connection |= {name: page[name] for name in ("pageInfo", "totalCount", "filteredCount") if name in page}


async def _read_thread_comments(github: GitHub, reading: _Reading, page_size: int) -> None:
    """Read the comments of all review threads, by the hundred: only pull requests with threads cost points."""
    owners = {
        thread["id"]: (thread, node)
        for node in reading.nodes.values()
        if not node.get(CHANGED) and node["reviewThreads"]
        for thread in node["reviewThreads"]["nodes"]
        if thread is not None
    }
    ids = list(owners)
    for start in range(0, len(ids), PAGE):
        for fetched_thread in await _fetch_threads(github, ids[start : start + PAGE], page_size):
            await _attach_comments(github, fetched_thread, *owners[fetched_thread["id"]], reading, page_size)


async def _fetch_threads(github: GitHub, ids: Sequence[str], page_size: int) -> list[Json]:
    """Fetch the threads that still exist, each with the first page of its comments."""
    subject = f"comments of {len(ids)} review threads"
    try:
        response = await github.execute(
            THREAD_COMMENTS,
            {"ids": list(ids), "first": page_size},
            subject=subject,
            attempts=1 if len(ids) > 1 else ATTEMPTS,
        )
    except KindFails:
        return []  # their pull requests are then marked as incomplete
    except (TooHeavy, Garbled, Forbidden):
        if len(ids) == 1:
            return []  # its pull request is then marked as incomplete
        await github.back_off(1)
        half = len(ids) // 2
        return [
            *await _fetch_threads(github, ids[:half], page_size),
            *await _fetch_threads(github, ids[half:], page_size),
        ]
    nodes = (node for node in response.data.get("nodes") or () if node is not None)
    return [node for node in nodes if node["__typename"] == "PullRequestReviewThread" and node["id"] in ids]


async def _attach_comments(
    github: GitHub, fetched_thread: Json, thread: Json, node: Json, reading: _Reading, page_size: int
) -> None:
    if fetched_thread["pullRequest"]["updatedAt"] != node["updatedAt"]:
        node[CHANGED] = True
        return None
    thread["comments"] = fetched_thread["comments"]
    document, pull_request_id = MORE_THREAD_COMMENTS, fetched_thread["id"]
    try:
        is_same = await _read_rest_of(
            github, document, pull_request_id, thread, "comments", node["updatedAt"], page_size
        )
    except KindFails:
        return None  # its total says what is missing
    except (TooHeavy, Garbled, Forbidden) as error:
        return reading.fail(node["id"], error)
    if not is_same:
        node[CHANGED] = True
    return None
