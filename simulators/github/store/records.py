"""The served records, plain dicts with GitHub's GraphQL field names, and the functions that make them.

A connection is a list of records. A derived field (urls, headlines) is not stored: see `fields`. Timestamps are
ISO 8601 in UTC to the second, as GitHub writes them, so that their order as text is their order in time.
"""

import base64
import hashlib
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
Arguments = Mapping[str, Any]
"""Arguments of a field, by name."""

GHOST: None = None
"""What GitHub gives as the author of whatever a deleted account left behind."""


def iso(seconds: float) -> str:
    """Return seconds since 1970 as GitHub writes a timestamp."""
    return f"{datetime.fromtimestamp(int(seconds), UTC).isoformat()[:19]}Z"


def seconds(text: str) -> int:
    """Return the seconds since 1970 of a timestamp; the inverse of `iso`."""
    return int(datetime.fromisoformat(text).timestamp())


def node_id(prefix: str, *numbers: int) -> str:
    """Return an opaque id like GitHub's: the kind in clear, then up to three packed numbers below 2**32."""
    packed = struct.pack(f">{len(numbers)}I", *numbers)
    return f"{prefix}_kw{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def unpack_node_id(text: str) -> tuple[int, ...]:
    """Return the numbers in an id made by `node_id`; empty for another kind of id."""
    _, _, packed = text.partition("_kw")
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        return ()
    return struct.unpack(f">{len(raw) // 4}I", raw) if raw and len(raw) % 4 == 0 else ()


def actor(
    kind: str, number: int, login: str, name: str | None = None, created_at: str = "2019-03-11T09:00:00Z"
) -> Record:
    """Return an account: User, Bot, Mannequin, Organization or EnterpriseUserAccount."""
    prefix = {"User": "U", "Bot": "BOT", "Mannequin": "M", "Organization": "O"}.get(kind, "EUA")
    return {
        "__typename": kind,
        "id": node_id(prefix, number),
        "databaseId": number,
        "login": login,
        "name": name,
        "createdAt": created_at,
        "email": "",
        "isDeleted": False,
    }


def repository(owner: Record, number: int, name: str, created_at: str, **more: object) -> Record:
    """Return a repository without pull requests; `more` replaces the defaults."""
    return {
        "__typename": "Repository",
        "id": node_id("R", number),
        "databaseId": number,
        "name": name,
        "owner": owner,
        "description": None,
        "isArchived": False,
        "isDisabled": False,
        "isEmpty": False,
        "isFork": False,
        "isLocked": False,
        "isPrivate": True,
        "isTemplate": False,
        "createdAt": created_at,
        "updatedAt": created_at,
        "pushedAt": created_at,
        "archivedAt": None,
        "defaultBranch": "main",
        "language": None,
        "stargazerCount": 0,
        "forkCount": 0,
        "parent": None,
        "labels": [],
        "viewerPermission": "READ",
        "hasPullRequestsEnabled": True,
        "hasIssuesEnabled": True,
    } | more


def label(number: int, name: str, color: str, description: str | None = None) -> Record:
    return {
        "__typename": "Label",
        "id": node_id("LA", number),
        "name": name,
        "color": color,
        "description": description,
    }


def milestone(number: int, title: str, created_at: str, due_on: str | None = None) -> Record:
    return {
        "__typename": "Milestone",
        "id": node_id("MI", number),
        "number": number,
        "title": title,
        "state": "OPEN",
        "description": None,
        "dueOn": due_on,
        "createdAt": created_at,
        "closedAt": None,
    }


def team(number: int, name: str, slug: str, organization: Record, members: list[Record]) -> Record:
    return {
        "__typename": "Team",
        "id": node_id("T", number),
        "databaseId": number,
        "name": name,
        "slug": slug,
        "organization": organization,
        "members": members,
        "createdAt": organization["createdAt"],
    }


def issue(identifier: str, number: int, title: str, repository: Record, created_at: str) -> Record:
    return {
        "__typename": "Issue",
        "id": identifier,
        "databaseId": number,
        "number": number,
        "title": title,
        "body": "",
        "state": "CLOSED",
        "createdAt": created_at,
        "updatedAt": created_at,
        "closedAt": created_at,
        "repository": repository,
    }


def comment(identifier: str, author: Record | None, at: str, body: str, association: str = "MEMBER") -> Record:
    """Return a comment in the conversation."""
    return _comment("IssueComment", identifier, author, at, body, association)


def review(
    identifier: str, author: Record | None, at: str, state: str, body: str = "", association: str = "MEMBER"
) -> Record:
    record = _comment("PullRequestReview", identifier, author, at, body, association)
    return record | {"state": state, "submittedAt": at, "commitOid": None, "comments": []}


def review_comment(
    identifier: str, author: Record | None, at: str, body: str, path: str, association: str = "MEMBER"
) -> Record:
    record = _comment("PullRequestReviewComment", identifier, author, at, body, association)
    return record | {"path": path, "outdated": False, "state": "SUBMITTED", "pullRequestReview": None, "replyTo": None}


def _comment(kind: str, identifier: str, author: Record | None, at: str, body: str, association: str) -> Record:
    return {
        "__typename": kind,
        "id": identifier,
        "databaseId": None,
        "author": author,
        "authorAssociation": association,
        "body": body,
        "createdAt": at,
        "updatedAt": at,
    }


def thread(identifier: str, comments: list[Record], line: int | None, **more: object) -> Record:
    """Return a review thread; its path is that of its first comment."""
    return {
        "__typename": "PullRequestReviewThread",
        "id": identifier,
        "path": comments[0]["path"],
        "line": line,
        "originalLine": line,
        "startLine": None,
        "isResolved": False,
        "isOutdated": False,
        "diffSide": "RIGHT",
        "subjectType": "LINE",
        "resolvedBy": None,
        "comments": comments,
    } | more


def commit(oid: str, message: str, author: Record, committer: Record, size: tuple[int, int, int] = (0, 0, 0)) -> Record:
    """Return a commit; `size` is lines added, lines deleted, files changed."""
    return {
        "__typename": "Commit",
        "id": f"C_{oid}",
        "oid": oid,
        "message": message,
        "author": author,
        "committer": committer,
        "authoredDate": author["date"],
        "committedDate": committer["date"],
        "additions": size[0],
        "deletions": size[1],
        "changedFilesIfAvailable": size[2],
    }


def git_actor(name: str, email: str, date: str, user: Record | None = None) -> Record:
    return {"__typename": "GitActor", "name": name, "email": email, "date": date, "user": user}


def changed_file(path: str, additions: int, deletions: int, change_type: str = "MODIFIED") -> Record:
    return {
        "__typename": "PullRequestChangedFile",
        "path": path,
        "additions": additions,
        "deletions": deletions,
        "changeType": change_type,
    }


def event(kind: str, identifier: str, who: Record | None, at: str, **more: object) -> Record:
    """Return an event of the timeline; `kind` is the GraphQL type without its suffix Event."""
    return {"__typename": f"{kind}Event", "id": identifier, "actor": who, "createdAt": at} | more


def review_request(identifier: str, reviewer: Record) -> Record:
    return {
        "__typename": "ReviewRequest",
        "id": identifier,
        "databaseId": None,
        "asCodeOwner": False,
        "requestedReviewer": reviewer,
    }


def ref(identifier: str, name: str, oid: str) -> Record:
    return {"__typename": "Ref", "id": identifier, "name": name, "prefix": "refs/heads/", "targetOid": oid}


def pull_request(repository: Record, number: int, at: str, title: str, author: Record | None, **more: object) -> Record:
    """Return an open pull request created at `at`, without any parts; `more` replaces the defaults."""
    identifiers = (repository["databaseId"], number)
    oid = fake_oid("head", *identifiers)
    return {
        "__typename": "PullRequest",
        "id": node_id("PR", *identifiers),
        "databaseId": number,
        "number": number,
        "title": title,
        "body": "",
        "state": "OPEN",
        "isDraft": False,
        "locked": False,
        "createdAt": at,
        "updatedAt": at,
        "mergedAt": None,
        "closedAt": None,
        "author": author,
        "authorAssociation": "MEMBER",
        "mergedBy": None,
        "additions": 0,
        "deletions": 0,
        "changedFiles": 0,
        "baseRefName": repository["defaultBranch"],
        "baseRefOid": fake_oid("base", *identifiers),
        "baseRef": ref(node_id("REF", repository["databaseId"]), repository["defaultBranch"], fake_oid("tip")),
        "headRefName": f"patch-{number}",
        "headRefOid": oid,
        "headRef": ref(node_id("REF", *identifiers), f"patch-{number}", oid),
        "headRepository": repository,
        "isCrossRepository": False,
        "mergeCommitOid": None,
        **merging(),
        "milestone": None,
        "reviewDecision": None,
        "repository": repository,
        "maintainerCanModify": False,
        "labels": [],
        "assignees": [],
        "reviewRequests": [],
        "closingIssuesReferences": [],
        "reviews": [],
        "reviewThreads": [],
        "comments": [],
        "commits": [],
        "files": [],
        "timelineItems": [],
    } | more


def merging(**more: object) -> Record:
    """Return what GitHub knows of the merge besides who did it: auto-merge, merge queue and checks of the head.

    Without any check or status on the head commit `statusCheckRollup` is null, and `isInMergeQueue` is true only while
    it waits (https://docs.github.com/en/graphql/reference/objects#pullrequest).
    """
    return {"autoMergeRequest": None, "isInMergeQueue": False, "statusCheckRollup": None} | more


def check_rollup(number: int, state: str) -> Record:
    """Return the combined state of the checks of a commit: ERROR, EXPECTED, FAILURE, PENDING or SUCCESS."""
    return {"__typename": "StatusCheckRollup", "id": node_id("SCR", number), "state": state}


def auto_merge(by: Record, at: str, method: str = "SQUASH") -> Record:
    """Return the request to merge as soon as everything required is there; it stays after the merge."""
    return {"__typename": "AutoMergeRequest", "enabledAt": at, "enabledBy": by, "mergeMethod": method}


def pull_request_commit(identifier: str, commit: Record) -> Record:
    return {"__typename": "PullRequestCommit", "id": identifier, "commit": commit}


def fake_oid(*parts: str | int) -> str:
    """Return a hash of forty hexadecimal digits, always the same for the same parts."""
    return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()
