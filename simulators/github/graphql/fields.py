"""The value of each field of the schema: stored, a page of a list, or derived from other fields.

Both executors use `getter_for`: the compiled one, and graphql-core's, against which the tests check it.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from simulators.github.graphql.context import Context, Getter
from simulators.github.graphql.roots import ROOTS
from simulators.github.store.connections import Page, page_of
from simulators.github.store.records import Arguments, Record


def getter_for(parent: GraphQLObjectType, name: str) -> Getter:
    """Return the function that gives the value of a field of type `parent`."""
    if special := _SPECIAL.get((parent.name, name)) or _SPECIAL.get(("*", name)):
        return special
    if parent.name.endswith("Connection"):
        return _PAGE_FIELDS[name]
    returned = get_named_type(parent.fields[name].type).name
    if returned.endswith("Connection"):
        return lambda record, arguments, context: page_of(record[name], arguments)
    if returned in _ACCOUNTS:
        return lambda record, arguments, context: _unless_deleted(record[name])
    return lambda record, arguments, context: record[name]


def is_stored(parent: GraphQLObjectType, name: str) -> bool:
    """Return True if the field's value is the record's entry of that name."""
    if parent.name.endswith(("Connection", "Edge")) or ("*", name) in _SPECIAL or (parent.name, name) in _SPECIAL:
        return False
    returned = get_named_type(parent.fields[name].type).name
    return returned not in _ACCOUNTS and not returned.endswith("Connection")


_ACCOUNTS = frozenset({"Actor", "User", "Bot", "Assignee", "RequestedReviewer", "RepositoryOwner"})


def _unless_deleted(account: Record | None) -> Record | None:
    return None if account is None or account.get("isDeleted") else account


def _constant(value: object) -> Getter:
    return lambda record, arguments, context: value


def _from(pick: Callable[[Any], Any]) -> Getter:
    return lambda record, arguments, context: pick(record)


# -- addresses ---------------------------------------------------------------------------------------------------------

_FOLDERS = {"Bot": "apps/", "Team": "orgs/", "PullRequest": "pull/", "Issue": "issues/"}


def _resource_path(record: Record, context: Context) -> str:
    """Return the path of the object's page on GitHub's website."""
    kind = record["__typename"]
    if "nameWithOwner" in record or kind == "Repository":
        return f"/{record['owner']['login']}/{record['name']}"
    if kind in ("PullRequest", "Issue"):
        return f"{_resource_path(record['repository'], context)}/{_FOLDERS[kind]}{record['number']}"
    if kind == "Team":
        return f"/orgs/{record['organization']['login']}/teams/{record['slug']}"
    if "login" in record:
        return f"/{_FOLDERS.get(kind, '')}{record['login']}"
    if kind == "Release":
        return f"{_resource_path(record['repository'], context)}/releases/tag/{record['tagName']}"
    if kind == "Commit":
        return f"/commit/{record['oid']}"
    parent = context.organisation.parent_of(record["id"])
    return f"{_resource_path(parent, context)}#{record['id']}" if parent else f"/{record['id']}"


def _url(record: Record, arguments: Arguments, context: Context) -> str:
    return context.organisation.web_url + _resource_path(record, context)


def _avatar(record: Record, arguments: Arguments, context: Context) -> str:
    return f"{context.organisation.web_url}/avatars/{record.get('login') or record['name']}"


# -- pull requests -----------------------------------------------------------------------------------------------------


def _timeline(record: Record, arguments: Arguments, context: Context) -> Page:
    """Return events and all other timeline items that `itemTypes` admits, in the order of time."""
    kinds = arguments.get("itemTypes")
    items = _timeline_items(record, kinds is None or bool(_NOT_EVENTS.intersection(kinds)))
    if kinds is not None:
        items = [item for item in items if _ITEM_TYPES[item["__typename"]] in kinds]
    since = arguments.get("since")
    return page_of([item for item in items if since is None or _time_of(item) >= since], arguments)


def _timeline_items(record: Record, is_with_others: bool) -> list[Record]:
    events: list[Record] = record["timelineItems"]
    if not is_with_others:
        return events
    return sorted([*record["commits"], *events, *record["reviews"], *record["comments"]], key=_time_of)


def _time_of(item: Record) -> str:
    at: str = item["commit"]["committedDate"] if "commit" in item and "createdAt" not in item else item["createdAt"]
    return at


class _ItemTypes(dict[str, str]):
    """Map a GraphQL type to its name in PullRequestTimelineItemsItemType."""

    def __missing__(self, kind: str) -> str:
        self[kind] = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in kind).lstrip("_")
        return self[kind]


_ITEM_TYPES = _ItemTypes()
_NOT_EVENTS = {"ISSUE_COMMENT", "PULL_REQUEST_REVIEW", "PULL_REQUEST_COMMIT"}


def _reviews(record: Record, arguments: Arguments, context: Context) -> Page:
    reviews, states, author = record["reviews"], arguments.get("states"), arguments.get("author")
    if states:
        reviews = [review for review in reviews if review["state"] in states]
    if author:
        reviews = [review for review in reviews if review["author"] and review["author"]["login"] == author]
    return page_of(reviews, arguments)


def _source(record: Record, arguments: Arguments, context: Context) -> Record:
    """Return the pull request of the same repository that a cross-reference comes from."""
    parent = context.organisation.parent_of(record["id"])
    assert parent is not None  # noqa: S101  (an event belongs to one)
    return context.organisation.pull_requests_of(parent["repository"]).by_number[record["sourceNumber"]]


def _user_of(actor: Record | None) -> Record | None:
    """Return the account if it is a User, which some fields are restricted to; a bot is null there."""
    return _unless_deleted(actor) if actor and actor["__typename"] == "User" else None


def _participants(record: Record, arguments: Arguments, context: Context) -> Page:
    spoke = [record, *record["comments"], *record["reviews"]]
    people = {item["author"]["id"]: item["author"] for item in spoke if item["author"]}
    users = [person for person in people.values() if person["__typename"] == "User" and not person["isDeleted"]]
    return page_of(users, arguments)


def _comments_total(record: Record) -> int:
    return len(record["comments"]) + sum(len(thread["comments"]) for thread in record["reviewThreads"])


def _parent(record: Record, arguments: Arguments, context: Context) -> Record | None:
    return context.organisation.parent_of(record["id"])


def _small_database_id(record: Record) -> int | None:
    """Return None if the id does not fit GraphQL's Int, as newer ones; `fullDatabaseId` has them all."""
    number: int | None = record["databaseId"]
    return number if number is None or number < 2**31 else None


def _headline(record: Record) -> str:
    return str(record["message"]).partition("\n")[0]


def _message_body(record: Record) -> str:
    return str(record["message"]).partition("\n")[2].strip("\n")


# -- tables ------------------------------------------------------------------------------------------------------------

_PAGE_FIELDS: dict[str, Getter] = {
    "nodes": _from(lambda page: page.nodes),
    "edges": _from(lambda page: page.edges()),
    "pageInfo": _from(lambda page: page.page_info()),
    "totalCount": _from(lambda page: page.total),
    "filteredCount": _from(lambda page: page.total),
    "pageCount": _from(lambda page: len(page.nodes)),
    "updatedAt": _from(lambda page: max(map(_time_of, page.nodes), default="1970-01-01T00:00:00Z")),
    "issueCount": _from(lambda page: page.total if _holds(page, "PullRequest", "Issue") else 0),
    "repositoryCount": _from(lambda page: page.total if _holds(page, "Repository") else 0),
    "userCount": _from(lambda page: page.total if _holds(page, "User", "Organization") else 0),
}


def _holds(page: Page, *kinds: str) -> bool:
    return any(node["__typename"] in kinds for node in page.nodes)


_SPECIAL: dict[tuple[str, str], Getter] = {
    ("*", "__typename"): _from(itemgetter("__typename")),
    ("*", "url"): _url,
    ("*", "permalink"): _url,
    ("*", "commitUrl"): _url,
    ("*", "resourcePath"): lambda record, arguments, context: _resource_path(record, context),
    ("*", "commitResourcePath"): lambda record, arguments, context: _resource_path(record, context),
    ("*", "avatarUrl"): _avatar,
    ("*", "bodyText"): _from(itemgetter("body")),
    ("*", "publishedAt"): _from(itemgetter("createdAt")),
    ("*", "lastEditedAt"): _constant(None),
    ("*", "isMinimized"): _constant(False),
    ("*", "minimizedReason"): _constant(None),
    ("*", "databaseId"): _from(_small_database_id),
    ("*", "fullDatabaseId"): _from(lambda record: record["databaseId"] and str(record["databaseId"])),
    **{
        (kind, "updatedAt"): _from(itemgetter("createdAt"))
        for kind in ("User", "Bot", "Mannequin", "Organization", "EnterpriseUserAccount", "Team", "Milestone")
    },
    ("User", "isSiteAdmin"): _constant(False),
    ("EnterpriseUserAccount", "user"): _constant(None),
    ("Organization", "description"): _constant(None),
    ("Organization", "viewerCanAdminister"): _constant(False),
    ("Organization", "isVerified"): _constant(False),
    ("Team", "combinedSlug"): _from(lambda record: f"{record['organization']['login']}/{record['slug']}"),
    ("Team", "description"): _constant(None),
    ("Team", "privacy"): _constant("VISIBLE"),
    ("Repository", "nameWithOwner"): _from(lambda record: f"{record['owner']['login']}/{record['name']}"),
    ("Repository", "visibility"): _from(lambda record: "PRIVATE" if record["isPrivate"] else "PUBLIC"),
    ("Repository", "isInOrganization"): _from(lambda record: record["owner"]["__typename"] == "Organization"),
    ("Repository", "defaultBranchRef"): lambda record, arguments, context: context.organisation.default_branch(record),
    ("Repository", "primaryLanguage"): _from(
        lambda record: (
            record["language"] and {"id": f"LAN_{record['language']}", "name": record["language"], "color": None}
        )
    ),
    ("PullRequest", "merged"): _from(lambda record: record["state"] == "MERGED"),
    ("PullRequest", "closed"): _from(lambda record: record["state"] != "OPEN"),
    ("PullRequest", "baseRepository"): _from(itemgetter("repository")),
    ("PullRequest", "headRepositoryOwner"): _from(
        lambda record: record["headRepository"] and record["headRepository"]["owner"]
    ),
    ("PullRequest", "mergeCommit"): lambda record, arguments, context: context.organisation.commit_at(
        record["mergeCommitOid"]
    ),
    ("PullRequest", "totalCommentsCount"): _from(_comments_total),
    ("PullRequest", "participants"): _participants,
    ("PullRequest", "reviews"): _reviews,
    ("PullRequest", "timelineItems"): _timeline,
    ("PullRequestReview", "commit"): _constant(None),
    ("PullRequestReviewThread", "isCollapsed"): _from(itemgetter("isResolved")),
    **{
        (kind, "pullRequest"): _parent
        for kind in (
            "PullRequestReview",
            "PullRequestReviewThread",
            "PullRequestReviewComment",
            "IssueComment",
            "PullRequestCommit",
            "ReadyForReviewEvent",
            "ConvertToDraftEvent",
            "ReviewRequestedEvent",
            "ReviewRequestRemovedEvent",
            "MergedEvent",
            "HeadRefForcePushedEvent",
            "HeadRefDeletedEvent",
            "HeadRefRestoredEvent",
            "ReviewDismissedEvent",
            "BaseRefChangedEvent",
            "AutomaticBaseChangeSucceededEvent",
            "AddedToMergeQueueEvent",
            "RemovedFromMergeQueueEvent",
            "AutoMergeEnabledEvent",
            "AutoSquashEnabledEvent",
            "AutoRebaseEnabledEvent",
            "AutoMergeDisabledEvent",
        )
    },
    ("Commit", "messageHeadline"): _from(_headline),
    ("Commit", "messageBody"): _from(_message_body),
    ("Commit", "abbreviatedOid"): _from(lambda record: record["oid"][:7]),
    ("Ref", "target"): lambda record, arguments, context: context.organisation.commit_at(record["targetOid"]),
    ("Label", "isDefault"): _constant(False),
    ("Label", "createdAt"): _constant(None),
    ("Label", "updatedAt"): _constant(None),
    ("Milestone", "closed"): _from(lambda record: record["state"] == "CLOSED"),
    ("Issue", "closed"): _from(lambda record: record["state"] == "CLOSED"),
    ("ClosedEvent", "stateReason"): _constant(None),
    ("CrossReferencedEvent", "source"): _source,
    ("CrossReferencedEvent", "isCrossRepository"): _constant(False),
    ("CrossReferencedEvent", "willCloseTarget"): _constant(False),
    ("CrossReferencedEvent", "referencedAt"): _from(itemgetter("createdAt")),
    ("Release", "publishedAt"): _from(itemgetter("publishedAt")),
    ("Release", "tagCommit"): lambda record, arguments, context: context.organisation.commit_at(record["oid"]),
    ("Deployment", "latestStatus"): _from(lambda record: next(iter(record["statuses"]), None)),
    ("Deployment", "originalEnvironment"): _from(itemgetter("environment")),
    ("Deployment", "latestEnvironment"): _from(itemgetter("environment")),
    ("MergedEvent", "commit"): lambda record, arguments, context: context.organisation.commit_at(record.get("oid")),
    ("HeadRefForcePushedEvent", "beforeCommit"): _constant(None),
    ("HeadRefForcePushedEvent", "afterCommit"): lambda record, arguments, context: context.organisation.commit_at(
        record.get("oid")
    ),
    # null once the review was deleted (https://docs.github.com/en/graphql/reference/objects#reviewdismissedevent)
    ("ReviewDismissedEvent", "review"): _from(lambda record: record.get("review")),
    ("ReviewDismissedEvent", "dismissalMessage"): _from(lambda record: record.get("dismissalMessage")),
    # The commit or pull request whose text closed it; null if somebody pressed the button
    # (https://docs.github.com/en/graphql/reference/objects#closedevent).
    ("ClosedEvent", "closer"): _from(lambda record: record.get("closer")),
    ("RemovedFromMergeQueueEvent", "reason"): _from(lambda record: record.get("reason")),
    ("AutoMergeDisabledEvent", "reason"): _from(lambda record: record.get("reason")),
    ("AutoMergeDisabledEvent", "reasonCode"): _from(lambda record: record.get("reasonCode")),
    **{
        (kind, name): _from(lambda record: _user_of(record["actor"]))
        for kind, name in (
            ("AddedToMergeQueueEvent", "enqueuer"),
            ("RemovedFromMergeQueueEvent", "enqueuer"),
            ("AutoMergeEnabledEvent", "enabler"),
            ("AutoSquashEnabledEvent", "enabler"),
            ("AutoRebaseEnabledEvent", "enabler"),
            ("AutoMergeDisabledEvent", "disabler"),
        )
    },
    **ROOTS,
}
