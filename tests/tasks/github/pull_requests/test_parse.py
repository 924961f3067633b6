"""GitHub's JSON becomes rows, named as the tables name them."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from tasks.github.api.response import Problem, Response
from tasks.github.pull_requests.completeness import PARTIAL_REASON, find_missing, settles
from tasks.github.pull_requests.fetch import _Reading, _sort_nodes
from tasks.github.pull_requests.parse import CHILDREN, Rows, parse_pull_requests
from tasks.github.pull_requests.tidy import tidy
from warehouse import schema
from warehouse.committer import to_frame

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
AT = "2026-08-20T10:00:00Z"
ANN = {"__typename": "User", "id": "U_1", "databaseId": 1, "login": "ann"}
BOB = {"__typename": "User", "id": "U_2", "databaseId": 2, "login": "bob"}
BOT = {"__typename": "Bot", "id": "BOT_3", "databaseId": 3, "login": "renovate"}


def connection(*nodes: Any, total: int | None = None) -> dict[str, Any]:
    return {
        "totalCount": len(nodes) if total is None else total,
        "nodes": list(nodes),
        "pageInfo": {"hasNextPage": False, "endCursor": None},
    }


def pull_request(**more: Any) -> dict[str, Any]:
    node = {
        "__typename": "PullRequest",
        "id": "PR_1",
        "number": 7,
        "title": "Fix <b>",
        "body": "because",
        "state": "MERGED",
        "isDraft": False,
        "createdAt": AT,
        "updatedAt": AT,
        "mergedAt": AT,
        "closedAt": AT,
        "authorAssociation": "MEMBER",
        "additions": 3,
        "deletions": 1,
        "changedFiles": 1,
        "baseRefName": "main",
        "headRefName": "fix",
        "isCrossRepository": False,
        "reviewDecision": "APPROVED",
        "repository": {"id": "R_1"},
        "author": ANN,
        "mergedBy": BOT,
        "baseRefOid": "b0",
        "headRefOid": "h0",
        "headRepository": {"nameWithOwner": "acme/one"},
        "baseRepository": {"nameWithOwner": "acme/one"},
        "mergeCommit": {"oid": "abc1234"},
        "milestone": {"title": "1.0"},
        "autoMergeRequest": None,
        "isInMergeQueue": False,
        "statusCheckRollup": None,
        "labels": connection({"name": "bug"}),
        "assignees": connection(BOB),
        "reviewRequests": connection(),
        "closingIssuesReferences": connection(),
        "reviews": connection(),
        "reviewThreads": connection(),
        "comments": connection(),
        "commits": connection(),
        "files": connection(),
        "timelineItems": connection(),
    } | more
    return node | {PARTIAL_REASON: find_missing(node)}


def parse(**more: Any) -> Rows:
    return parse_pull_requests([pull_request(**more)], "acme", T)


def row(**more: Any) -> dict[str, Any]:
    return parse(**more).pull_requests[0]


def child(table: str, **more: Any) -> dict[str, Any]:
    (only,) = parse(**more).children[table]
    return only


def test_every_column_of_every_table_is_given_and_no_other() -> None:
    thread = {
        "id": "T1",
        "path": "a.py",
        "isResolved": True,
        "isOutdated": False,
        "comments": connection({"id": "C1", "createdAt": AT, "body": "why", "author": ANN}),
    }
    commit = {"oid": "a", "message": "m", "authoredDate": AT, "committedDate": AT, "author": None}
    rows = parse(
        reviews=connection({"id": "V1", "state": "APPROVED", "submittedAt": AT, "body": "", "author": ANN}),
        reviewThreads=connection(thread),
        comments=connection({"id": "C2", "createdAt": AT, "body": "hm", "author": ANN}),
        commits=connection({"commit": commit}),
        files=connection({"path": "a.py", "changeType": "MODIFIED", "additions": 3, "deletions": 1}),
        timelineItems=connection({"__typename": "ClosedEvent", "id": "E1", "createdAt": AT, "actor": ANN}),
    )
    assert set(rows.pull_requests[0]) == set(schema.polars_schema(schema.pull_requests))
    for table in CHILDREN:
        (only,) = rows.children[table.name]
        assert set(only) == set(schema.polars_schema(table)), table.name


def test_a_deleted_account_is_the_person_ghost_everywhere() -> None:
    review = {"id": "V1", "state": "APPROVED", "submittedAt": AT, "body": "", "author": None}
    rows = parse(author=None, mergedBy=None, reviews=connection(review))
    assert (rows.pull_requests[0]["author_login"], rows.pull_requests[0]["author_kind"]) == ("ghost", "Ghost")
    assert rows.pull_requests[0]["merged_by_login"] == "ghost"
    assert rows.children["reviews"][0]["author_login"] == "ghost"
    assert rows.pull_requests[0]["author_id"] is None
    assert rows.accounts.participants == {"@ghost": ("ghost", "Ghost")}


def test_every_account_that_github_names_is_seen_with_its_ids_and_only_who_took_part_is_a_participant() -> None:
    users = {name: {"__typename": "User", "id": f"U_{name}", "databaseId": 9, "login": name} for name in "abcdef"}
    author = {"name": "A", "email": "a@a.test", "user": users["a"]}
    commit = {"oid": "a", "message": "m", "authoredDate": AT, "committedDate": AT, "author": author}
    event = {"__typename": "ReviewRequestedEvent", "id": "E1", "createdAt": AT, "actor": users["b"]}
    thread = {"id": "T1", "path": "a.py", "isResolved": True, "isOutdated": False}
    comment = {"id": "C1", "createdAt": AT, "body": "why", "author": users["d"]}
    enterprise = {"__typename": "EnterpriseUserAccount", "id": "EUA_1", "login": "e"}
    rows = parse(
        commits=connection({"commit": commit}),
        timelineItems=connection(event | {"requestedReviewer": users["c"]}),
        reviewThreads=connection(thread | {"comments": connection(comment)}),
        reviewRequests=connection({"requestedReviewer": {"__typename": "Team", "id": "T_1", "slug": "core"}}),
        mergedBy=enterprise,
    )
    assert {(one.id, one.login) for one in rows.accounts.seen.values()} == {
        ("U_1", "ann"), ("U_2", "bob"), ("U_a", "a"), ("U_b", "b"), ("U_c", "c"), ("U_d", "d"), ("EUA_1", "e"),
    }  # fmt: skip
    assert rows.accounts.seen["EUA_1"].database_id is None
    assert set(rows.accounts.participants) == {"U_1", "U_b", "U_d", "EUA_1"}
    assert (rows.pull_requests[0]["assignees"], rows.pull_requests[0]["assignee_ids"]) == (["bob"], ["U_2"])
    assert rows.children["commits"][0]["author_id"] == "U_a"


def test_who_has_not_merged_is_nobody() -> None:
    assert row(state="OPEN", mergedAt=None, mergedBy=None)["merged_by_login"] is None


def test_a_deleted_fork_leaves_no_head_repository() -> None:
    assert row(headRepository=None)["head_repository"] is None


def test_connections_that_github_gives_as_null_are_empty() -> None:
    found = row(labels=None, files=None, reviews=None, closingIssuesReferences=None)
    assert (found["labels"], found["reviews_count"], found["is_complete"]) == ([], 0, True)


def test_nodes_that_may_not_be_seen_are_left_out() -> None:
    assert row(labels=connection({"name": "bug"}, None, total=1))["labels"] == ["bug"]


@pytest.mark.parametrize(
    ("reviewer", "name"),
    [
        (BOB, "bob"),
        ({"__typename": "Team", "id": "T_1", "slug": "core"}, "core"),
        (None, "ghost"),
    ],
)
def test_reviewers_who_are_asked_are_people_or_teams(reviewer: dict[str, Any] | None, name: str) -> None:
    event = {
        "__typename": "ReviewRequestedEvent",
        "id": "E1",
        "createdAt": AT,
        "actor": ANN,
        "requestedReviewer": reviewer,
    }
    identifier = reviewer and reviewer["id"]
    found = child("timeline_events", timelineItems=connection(event))
    assert (found["subject"], found["subject_id"]) == (name, identifier)
    asked = row(reviewRequests=connection({"requestedReviewer": reviewer}))
    assert (asked["requested_reviewers"], asked["requested_reviewer_ids"]) == ([name], [identifier])


@pytest.mark.parametrize(
    ("kind", "more", "subject"),
    [
        ("Labeled", {"label": {"name": "bug"}}, "bug"),
        ("HeadRefForcePushed", {}, None),
        ("Milestoned", {"milestoneTitle": "1.0"}, "1.0"),
        ("AddedToMergeQueue", {"enqueuer": BOB}, "bob"),
        ("AddedToMergeQueue", {"enqueuer": None}, "ghost"),
        ("RemovedFromMergeQueue", {"reason": "failed checks"}, "failed checks"),
        ("Closed", {"closer": {"__typename": "Commit", "oid": "c0ffee"}}, "c0ffee"),
        (
            "Closed",
            {"closer": {"__typename": "PullRequest", "number": 8, "repository": {"nameWithOwner": "acme/one"}}},
            "acme/one#8",
        ),
        ("Closed", {"closer": {"__typename": "ProjectV2"}}, None),
        ("Closed", {"closer": None}, None),
    ],
)
def test_events_are_named_by_their_type(kind: str, more: dict[str, Any], subject: str | None) -> None:
    event = {"__typename": f"{kind}Event", "id": "E1", "createdAt": AT, "actor": None, **more}
    found = child("timeline_events", timelineItems=connection(event))
    assert (found["kind"], found["subject"], found["actor_login"]) == (kind, subject, "ghost")


@pytest.mark.parametrize(
    ("kind", "more", "before", "after"),
    [
        ("ReviewDismissed", {"previousReviewState": "APPROVED", "review": {"id": "V1"}}, "APPROVED", "V1"),
        ("ReviewDismissed", {"previousReviewState": "APPROVED", "review": None}, "APPROVED", None),
        ("RenamedTitle", {"previousTitle": "WIP", "currentTitle": "Fix"}, "WIP", "Fix"),
        ("BaseRefChanged", {"previousRefName": "develop", "currentRefName": "main"}, "develop", "main"),
        ("AutomaticBaseChangeSucceeded", {"oldBase": "part-1", "newBase": "main"}, "part-1", "main"),
    ],
)
def test_an_event_that_changes_something_keeps_what_was_before(
    kind: str, more: dict[str, Any], before: str, after: str | None
) -> None:
    event = {"__typename": f"{kind}Event", "id": "E1", "createdAt": AT, "actor": ANN, **more}
    found = child("timeline_events", timelineItems=connection(event))
    assert (found["previous_value"], found["subject"]) == (before, after)


def test_how_it_came_to_be_merged_is_kept() -> None:
    request = {"enabledAt": AT, "enabledBy": ANN, "mergeMethod": "SQUASH"}
    rows = parse(autoMergeRequest=request, isInMergeQueue=True, statusCheckRollup={"state": "FAILURE"})
    names = ("auto_merge_enabled_at", "auto_merge_by_login", "auto_merge_method", "is_in_merge_queue")
    assert [rows.pull_requests[0][name] for name in names] == [AT, "ann", "SQUASH", True]
    assert rows.pull_requests[0]["head_check_state"] == "FAILURE"


def test_checks_that_the_token_may_not_see_are_not_known() -> None:
    assert row(statusCheckRollup=None)["head_check_state"] is None


def reference(**more: Any) -> dict[str, Any]:
    source = {
        "__typename": "PullRequest",
        "number": 9,
        "title": "Tidy up",
        "body": "As in #7",
        "headRefName": "tidy",
        "repository": {"nameWithOwner": "acme/one"},
    }
    return {"__typename": "CrossReferencedEvent", "id": "E1", "createdAt": AT, "actor": ANN, "source": source | more}


@pytest.mark.parametrize(
    ("more", "is_revert"),
    [
        ({}, False),
        ({"body": "Reverts acme/one#7"}, True),
        ({"body": "It broke.\n\nreverts #7"}, True),
        ({"body": "Reverts  #7"}, True),
        ({"body": "Reverts\tacme/one#7"}, True),
        ({"title": "Revert #7"}, True),
        ({"body": "This reverts commit abc1234."}, True),
        ({"body": "This reverts commit abc9999."}, False),
        ({"title": 'Revert "Fix <b> (#7)"'}, True),
        ({"title": "revert: Fix <b>"}, True),
        ({"body": "Reverts acme/one#70"}, False),
        ({"body": "Reverts acme/two#7"}, False),
        ({"headRefName": "revert-7-fix"}, True),
        ({"headRefName": "revert-71-fix"}, False),
        ({"title": 'Revert "Fix <b>"'}, True),
        ({"title": 'Revert "Fix <i>"'}, False),
        ({"title": 'Revert "Fix <b>"', "headRefName": "revert-7-x", "repository": {"nameWithOwner": "o/r"}}, False),
        ({"body": "Reverts #7", "repository": {"nameWithOwner": "other/repo"}}, False),
    ],
)
def test_a_pull_request_that_refers_to_this_one_is_named_and_whether_it_reverts_it(
    more: dict[str, Any], is_revert: bool
) -> None:
    found = child("timeline_events", timelineItems=connection(reference(**more)))
    name = more.get("repository", {}).get("nameWithOwner", "acme/one")
    assert (found["kind"], found["subject"], found["is_revert"]) == ("CrossReferenced", f"{name}#9", is_revert)


def test_mentions_by_issues_and_by_what_may_not_be_seen_are_left_out() -> None:
    event = reference() | {"source": {"__typename": "Issue"}}
    assert parse(timelineItems=connection(event)).children["timeline_events"] == []


def test_head_and_base_are_named_by_branch_repository_and_hash() -> None:
    found = row(baseRepository={"nameWithOwner": "acme/one"}, headRepository={"nameWithOwner": "ann/one"})
    names = "base_repository base_ref base_ref_oid head_repository head_ref head_ref_oid"
    assert [found[name] for name in names.split()] == ["acme/one", "main", "b0", "ann/one", "fix", "h0"]


def test_a_commit_keeps_the_domain_of_its_author_and_no_address() -> None:
    author = {"name": "Ann", "email": "ann@acme.test", "user": None}
    message = "Fix\n\nCo-authored-by: Bob <bob@b.test>"
    commit = {"oid": "a", "message": message, "authoredDate": AT, "committedDate": AT, "author": author}
    found = child("commits", commits=connection({"commit": commit}))
    assert (found["author_login"], found["author_email_domain"]) == (None, "acme.test")
    assert (found["headline"], found["trailers"]) == ("Fix", ["Co-authored-by: Bob <@b.test>"])
    assert "ann@" not in str(found)


def test_closing_issues_are_named_with_their_repository() -> None:
    issue = {"number": 3, "repository": {"nameWithOwner": "acme/two"}}
    assert row(closingIssuesReferences=connection(issue))["closing_issues"] == ["acme/two#3"]


@pytest.mark.parametrize("name", ["reviews", "reviewThreads", "comments", "commits"])
def test_what_does_not_add_up_to_githubs_total_is_not_complete(name: str) -> None:
    rows = parse(**{name: connection(total=2)})
    assert rows.pull_requests[0]["is_complete"] is False
    assert "0 of 2" in rows.incomplete["PR_1"]


def test_a_thread_whose_comments_were_not_read_is_not_complete() -> None:
    thread = {"id": "T1", "path": "a.py", "isResolved": True, "isOutdated": False}
    assert parse(reviewThreads=connection(thread)).incomplete == {"PR_1": "comments of 1 review threads"}


def test_times_as_text_become_times_in_utc() -> None:
    frame = to_frame(schema.pull_requests, [row(), row(mergedAt=None)])
    assert frame.schema == pl.Schema(
        {n: k for n, k in schema.polars_schema(schema.pull_requests).items() if n in frame}
    )
    assert frame["merged_at"].to_list() == [datetime(2026, 8, 20, 10, tzinfo=UTC), None]
    assert frame["fetched_at"][0] == T


def test_a_time_that_is_none_of_githubs_is_left_out_and_noted() -> None:
    found = row(createdAt="yesterday")
    assert found["created_at"] is None
    assert found["altered_reason"] == "created_at: the time 'yesterday' cannot be stored"


def test_an_account_of_a_kind_without_an_id_is_known_by_its_login() -> None:
    rows = parse(author={"__typename": "Colleague", "login": "Robin"})
    assert (rows.pull_requests[0]["author_id"], rows.pull_requests[0]["author_login"]) == (None, "Robin")
    assert rows.accounts.participants["@robin"] == ("Robin", "Colleague")
    assert "@robin" not in rows.accounts.seen


def test_a_reviewer_of_a_kind_without_a_name_is_not_taken_for_a_deleted_account() -> None:
    asked = connection({"requestedReviewer": {"__typename": "EnterpriseTeam"}})
    assert row(reviewRequests=asked)["requested_reviewers"] == ["EnterpriseTeam"]


def test_events_of_kinds_that_were_not_requested_are_no_part_of_it() -> None:
    merged = {"__typename": "MergedEvent", "id": "E1", "createdAt": AT, "actor": None}
    node = pull_request() | {"timelineItems": connection(merged, {"__typename": "NewFangledEvent"}, None)}
    node["timelineItems"]["filteredCount"] = 3
    tidy(node)
    assert node["timelineItems"]["nodes"] == [merged, None]
    assert (node["timelineItems"]["totalCount"], node["timelineItems"]["filteredCount"]) == (2, 2)


def test_reviews_that_may_not_be_seen_are_not_taken_for_none() -> None:
    node = pull_request(reviews=None, files=None)
    problem = Problem("FORBIDDEN", "Resource not accessible by personal access token", ("nodes", 0, "reviews"))
    reading = _Reading()
    _sort_nodes(Response({"nodes": [node]}, (problem,)), ["PR_1"], reading)
    assert find_missing(reading.nodes["PR_1"]) == f"reviews are not shown: {problem.message}"
    assert settles(node)
