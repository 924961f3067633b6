"""Parse GitHub's JSON of complete pull requests into rows with the columns of `warehouse/schema/`.

Times stay text as GitHub sends them: they are converted one column at a time, when they are committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.github.api.queries.pull_requests import FIELDS_VERSION
from tasks.github.api.response import Json, Row
from tasks.github.pull_requests.accounts import (
    NamedAccounts,
    id_of,
    login_of,
    nodes_of,
    parse_author,
    reviewer_of,
)
from tasks.github.pull_requests.alterations import note_alterations
from tasks.github.pull_requests.completeness import KEEPS_CHANGING, PARTIAL_REASON, count_total, is_capped, settles
from tasks.github.pull_requests.messages import parse_domain, parse_headline, parse_trailers
from tasks.github.pull_requests.reverts import is_revert_of, make_target
from warehouse import schema
from warehouse.lists.shortfall import MAX_DAYS
from warehouse.metrics.outcomes.revert_text import Target

EVENT_SUFFIX = "Event"

CHILDREN = (
    schema.reviews,
    schema.review_threads,
    schema.review_comments,
    schema.comments,
    schema.commits,
    schema.files,
    schema.timeline_events,
)
"""Tables whose rows belong to one pull request and are replaced with it."""


@dataclass(frozen=True)
class Rows:
    """The rows of some pull requests.

    `children` holds the rows of each of CHILDREN, by name. `incomplete` maps the id of each incomplete pull request to
    the reason.
    """

    pull_requests: list[Row] = field(default_factory=list)
    children: Mapping[str, list[Row]] = field(default_factory=lambda: {table.name: [] for table in CHILDREN})
    accounts: NamedAccounts = field(default_factory=NamedAccounts)
    incomplete: dict[str, str] = field(default_factory=dict)


def parse_pull_requests(nodes: Sequence[Json], team_id: str, fetched_at: datetime) -> Rows:
    """Parse pull requests as `fetch_pull_requests` returns them, every connection read to its end.

    What the warehouse cannot hold is replaced or left out, and `altered_reason` says so.
    """
    rows = Rows()
    fetched = fetched_at.isoformat()
    for node in nodes:
        pull_request = _parse_pull_request(node, team_id, fetched)
        if pull_request["partial_reason"] is not None:
            rows.incomplete[node["id"]] = pull_request["partial_reason"]
        rows.pull_requests.append(pull_request)
        _parse_children(node, {"team_id": team_id, "pull_request_id": node["id"]}, rows.children)
        rows.accounts.add(node)
    note_alterations(rows.pull_requests, rows.children)
    return rows


def _parse_pull_request(node: Json, team_id: str, fetched_at: str) -> Row:
    reason = node[PARTIAL_REASON]
    return {
        "id": node["id"],
        "team_id": team_id,
        "repository_id": node["repository"]["id"],
        "number": node["number"],
        "title": node["title"],
        "body": node["body"],
        "author_association": node["authorAssociation"],
        "state": node["state"],
        "is_draft": node["isDraft"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "merged_at": node["mergedAt"],
        "closed_at": node["closedAt"],
        "merged_by_id": id_of(node["mergedBy"]) if node["mergedAt"] else None,
        "merged_by_login": login_of(node["mergedBy"]) if node["mergedAt"] else None,
        "additions": node["additions"],
        "deletions": node["deletions"],
        "changed_files": node["changedFiles"],
        "is_complete": reason is None,
        "partial_reason": reason,
        "partial_days": _parse_partial_days(node),
        "fetched_at": fetched_at,
        "fields_version": FIELDS_VERSION,
        **parse_author(node["author"]),
        **_parse_refs(node),
        **_parse_merging(node),
        **_parse_lists(node),
        **_parse_totals(node),
    }


def _parse_partial_days(node: Json) -> int | None:
    """Return 1 if counts differ, and at once the last day if it is by GitHub's own cap; 0 if a query failed."""
    if node[PARTIAL_REASON] is None:
        return None
    return MAX_DAYS if is_capped(node) else int(node[PARTIAL_REASON] != KEEPS_CHANGING and settles(node))


def _parse_refs(node: Json) -> Row:
    return {
        "base_ref": node["baseRefName"],
        "base_ref_oid": node["baseRefOid"],
        "base_repository": node["baseRepository"]["nameWithOwner"] if node["baseRepository"] else None,
        "head_ref": node["headRefName"],
        "head_ref_oid": node["headRefOid"],
        "head_repository": node["headRepository"]["nameWithOwner"] if node["headRepository"] else None,
        "is_cross_repository": node["isCrossRepository"],
        "merge_commit_oid": node["mergeCommit"]["oid"] if node["mergeCommit"] else None,
        "milestone": node["milestone"]["title"] if node["milestone"] else None,
        "review_decision": node["reviewDecision"],
    }


def _parse_merging(node: Json) -> Row:
    """Return what is known of its merge. A token without the permission for checks gets null for them."""
    request = node["autoMergeRequest"]
    checks = node.get("statusCheckRollup")
    return {
        "auto_merge_enabled_at": request["enabledAt"] if request else None,
        "auto_merge_by_id": id_of(request["enabledBy"]) if request else None,
        "auto_merge_by_login": login_of(request["enabledBy"]) if request else None,
        "auto_merge_method": request["mergeMethod"] if request else None,
        "is_in_merge_queue": node["isInMergeQueue"],
        "head_check_state": checks["state"] if checks else None,
    }


def _parse_lists(node: Json) -> Row:
    issues, assignees = nodes_of(node["closingIssuesReferences"]), nodes_of(node["assignees"])
    reviewers = [reviewer_of(request) for request in nodes_of(node["reviewRequests"])]
    return {
        "labels": [label["name"] for label in nodes_of(node["labels"])],
        "assignees": [user["login"] for user in assignees],
        "assignee_ids": [user["id"] for user in assignees],
        "requested_reviewers": [name for _, name in reviewers],
        "requested_reviewer_ids": [key for key, _ in reviewers],
        "closing_issues": [f"{issue['repository']['nameWithOwner']}#{issue['number']}" for issue in issues],
    }


def _parse_totals(node: Json) -> Row:
    return {
        "reviews_count": count_total(node["reviews"]),
        "review_threads_count": count_total(node["reviewThreads"]),
        "comments_count": count_total(node["comments"]),
        "commits_count": count_total(node["commits"]),
    }


def _parse_children(node: Json, owner: Row, rows: Mapping[str, list[Row]]) -> None:
    rows["reviews"].extend(_parse_review(review, owner) for review in nodes_of(node["reviews"]))
    for thread in nodes_of(node["reviewThreads"]):
        rows["review_threads"].append(_parse_thread(thread, owner))
        rows["review_comments"].extend(
            _parse_comment(comment, owner) | {"review_thread_id": thread["id"]}
            for comment in nodes_of(thread.get("comments"))
        )
    rows["comments"].extend(_parse_comment(comment, owner) for comment in nodes_of(node["comments"]))
    rows["commits"].extend(
        _parse_commit(item["commit"], position, owner) for position, item in enumerate(nodes_of(node["commits"]))
    )
    rows["files"].extend(_parse_file(file, owner) for file in nodes_of(node["files"]))
    target = make_target(node)
    rows["timeline_events"].extend(
        _parse_event(event, owner, target) for event in nodes_of(node["timelineItems"]) if _is_stored(event)
    )


def _parse_review(review: Json, owner: Row) -> Row:
    return {
        **owner,
        **parse_author(review["author"]),
        "id": review["id"],
        "state": review["state"],
        "body": review["body"],
        "submitted_at": review["submittedAt"],
    }


def _parse_thread(thread: Json, owner: Row) -> Row:
    return {
        **owner,
        "id": thread["id"],
        "path": thread["path"],
        "is_resolved": thread["isResolved"],
        "is_outdated": thread["isOutdated"],
        "comments_count": count_total(thread.get("comments")),
    }


def _parse_comment(comment: Json, owner: Row) -> Row:
    return {
        **owner,
        **parse_author(comment["author"]),
        "id": comment["id"],
        "body": comment["body"],
        "created_at": comment["createdAt"],
    }


def _parse_commit(commit: Json, position: int, owner: Row) -> Row:
    author = commit["author"] or {}
    user = author.get("user")
    message = commit["message"]
    return {
        **owner,
        "oid": commit["oid"],
        "position": position,
        "author_id": id_of(user),
        "author_login": user["login"] if user else None,
        "author_name": author.get("name"),
        "author_email_domain": parse_domain(author.get("email")),
        "headline": parse_headline(message),
        "trailers": parse_trailers(message),
        "authored_at": commit["authoredDate"],
        "committed_at": commit["committedDate"],
    }


def _parse_file(file: Json, owner: Row) -> Row:
    return {
        **owner,
        "path": file["path"],
        "change_type": file["changeType"],
        "additions": file["additions"],
        "deletions": file["deletions"],
    }


def _parse_event(event: Json, owner: Row, target: Target) -> Row:
    source = event.get("source")
    return {
        **owner,
        "id": event["id"],
        "kind": event["__typename"].removesuffix(EVENT_SUFFIX),
        "actor_id": id_of(event["actor"]),
        "actor_login": login_of(event["actor"]),
        "subject": _subject(event),
        "previous_value": next((event[name] for name in _PREVIOUS if name in event), None),
        "subject_id": _subject_id(event),
        "is_revert": is_revert_of(source, target) if source else None,
        "created_at": event["createdAt"],
    }


# What was before, and what came of it, in the fields of the events that change something.
_PREVIOUS = ("previousReviewState", "previousTitle", "previousRefName", "oldBase")
_CURRENT = ("currentTitle", "currentRefName", "newBase", "milestoneTitle", "reasonCode", "reason")


def _subject(event: Json) -> str | None:
    """Return what an event is about: see the comment of `timeline_events.subject`."""
    if label := event.get("label"):
        return str(label["name"])
    if other := event.get("source") or event.get("closer"):
        return _name_other(other)
    if review := event.get("review"):
        return str(review["id"])
    if "enqueuer" in event:
        return login_of(event["enqueuer"] or event["actor"])
    return next((event[name] for name in _CURRENT if name in event), None) or reviewer_of(event)[1]


def _subject_id(event: Json) -> str | None:
    """Return the node id of the account or team that an event is about; None if it is about something else."""
    return id_of(event["enqueuer"] or event["actor"]) if "enqueuer" in event else reviewer_of(event)[0]


def _name_other(other: Json) -> str | None:
    """Return a commit's hash, or a pull request as owner/name#number; None for a project, which closes nothing here."""
    if "oid" in other:
        return str(other["oid"])
    return f"{other['repository']['nameWithOwner']}#{other['number']}" if "number" in other else None


def _is_stored(event: Json) -> bool:
    """Return whether an event is stored: not mentions by issues, nor by pull requests that the token may not see."""
    return not event["__typename"].startswith("CrossReferenced") or "number" in (event.get("source") or {})
