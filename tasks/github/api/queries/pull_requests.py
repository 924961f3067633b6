"""Every GraphQL document that is sent to GitHub, with its cost.

The documents are valid against GitHub's published schema, which `tests/tasks/github/api/queries` proves.
A connection of a pull request is declared once, in `CONNECTIONS`: the query for a batch, the query without
the heavy connections and the continuation of each connection are made from it.
What an organisation and its repositories have besides pull requests is queried in `organisation` and `deliveries`.
"""

from dataclasses import dataclass

from tasks.github.api.queries.accounts import ACCOUNTS, ITEM_ACCOUNTS, PULL_REQUEST_ACCOUNTS
from tasks.github.api.queries.deliveries import (
    DEPLOYMENTS,
    MORE_DEPLOYMENTS,
    MORE_RELEASES,
    NEWEST_DELIVERIES,
    RELEASES,
)
from tasks.github.api.queries.document import ACTOR, PAGE_INFO, RATE_LIMIT, REVIEWER, USER, Document
from tasks.github.api.queries.organisation import (
    MEMBERS,
    MORE_TEAM_MEMBERS,
    ONE_REPOSITORY,
    OWNER,
    OWNER_BY_ID,
    REPOSITORIES,
    TEAMS,
)

SCANNED = "id number createdAt updatedAt state"
"""What a window needs to know of a pull request."""

COMMENT = f"id createdAt body author {ACTOR}"
REVIEW_COMMENT = f"{COMMENT} state"
"""PENDING is what the token's user has not submitted yet."""

FIELDS_VERSION = 2
"""Version of the fields that are queried of a pull request; raise it with them. Stored ones are then fetched again."""

TIMELINE_KINDS = (
    "ReadyForReview",
    "ConvertToDraft",
    "ReviewRequested",
    "ReviewRequestRemoved",
    "ReviewDismissed",
    "Closed",
    "Reopened",
    "Merged",
    "HeadRefForcePushed",
    "Labeled",
    "Unlabeled",
    "RenamedTitle",
    "BaseRefChanged",
    "AutomaticBaseChangeSucceeded",
    "Milestoned",
    "Demilestoned",
    "AutoMergeEnabled",
    "AutoSquashEnabled",
    "AutoRebaseEnabled",
    "AutoMergeDisabled",
    "AddedToMergeQueue",
    "RemovedFromMergeQueue",
    "CrossReferenced",
)
"""GraphQL types of events without their suffix Event. However many there are, they are one connection: no points."""

# Title, body and branch tell a revert from any other mention: GitHub's button "Revert" writes all three.
REFERENCE = """source {
          __typename
          ... on PullRequest { number title body headRefName repository { nameWithOwner } }
        }"""

# A commit that closes a pull request has landed it: so merge bots close what they merge themselves.
CLOSER = """closer {
          __typename
          ... on Commit { oid }
          ... on PullRequest { number repository { nameWithOwner } }
        }"""

_SUBJECTS = {
    "ReviewRequested": f"requestedReviewer {REVIEWER}",
    "ReviewRequestRemoved": f"requestedReviewer {REVIEWER}",
    "Labeled": "label { name }",
    "Unlabeled": "label { name }",
    "ReviewDismissed": "previousReviewState review { id }",
    "Closed": CLOSER,
    "RenamedTitle": "previousTitle currentTitle",
    "BaseRefChanged": "previousRefName currentRefName",
    "AutomaticBaseChangeSucceeded": "oldBase newBase",
    "Milestoned": "milestoneTitle",
    "Demilestoned": "milestoneTitle",
    "AutoMergeDisabled": "reasonCode",
    "AddedToMergeQueue": f"enqueuer {USER}",
    "RemovedFromMergeQueue": "reason",
    "CrossReferenced": REFERENCE,
}


def _timeline_selection() -> str:
    events = (
        f"... on {kind}Event {{ id createdAt actor {ACTOR} {_SUBJECTS.get(kind, '')} }}" for kind in TIMELINE_KINDS
    )
    return "__typename\n        " + "\n        ".join(events)


def _item_type(kind: str) -> str:
    words = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in kind)
    return f"{words.lstrip('_')}_EVENT"


_ITEM_TYPES = f", itemTypes: [{', '.join(_item_type(kind) for kind in TIMELINE_KINDS)}]"


@dataclass(frozen=True)
class Connection:
    """A connection of a pull request: the selection of its nodes, and whether it can be large."""

    selection: str
    is_heavy: bool = False
    arguments: str = ""
    counts: str = "totalCount"


CONNECTIONS = {
    "labels": Connection("name"),
    "assignees": Connection(USER[1:-1].strip()),
    "reviewRequests": Connection(f"requestedReviewer {REVIEWER}"),
    "closingIssuesReferences": Connection("number repository { nameWithOwner }"),
    "reviews": Connection(f"id state submittedAt body author {ACTOR}", is_heavy=True),
    "reviewThreads": Connection("id path isResolved isOutdated", is_heavy=True),
    "comments": Connection(COMMENT, is_heavy=True),
    "commits": Connection(
        f"commit {{ oid message authoredDate committedDate author {{ name email user {USER} }} }}", is_heavy=True
    ),
    "files": Connection("path changeType additions deletions", is_heavy=True),
    "timelineItems": Connection(
        _timeline_selection(), is_heavy=True, arguments=_ITEM_TYPES, counts="totalCount filteredCount"
    ),
}

HEAVY = tuple(name for name, connection in CONNECTIONS.items() if connection.is_heavy)
LIGHT = tuple(name for name in CONNECTIONS if name not in HEAVY)

PULL_REQUEST = f"""
      id number title body state isDraft createdAt updatedAt mergedAt closedAt
      authorAssociation additions deletions changedFiles
      baseRefName baseRefOid headRefName headRefOid isCrossRepository reviewDecision
      repository {{ id }}
      author {ACTOR}
      mergedBy {ACTOR}
      headRepository {{ nameWithOwner }}
      baseRepository {{ nameWithOwner }}
      mergeCommit {{ oid }}
      autoMergeRequest {{ enabledAt mergeMethod enabledBy {ACTOR} }}
      isInMergeQueue
      milestone {{ title }}"""

# GitHub computes it from every check of the head: requested by itself of a pull request that is too heavy as it is.
CHECKS = """
      statusCheckRollup { state }"""


def _nodes(field: str, connection: Connection, after: str = "") -> str:
    return f"""
      {field}(first: $first{after}{connection.arguments}) {{
        {connection.counts}
        {PAGE_INFO}
        nodes {{
        {connection.selection}
        }}
      }}"""


def _pull_requests(name: str, connections: tuple[str, ...], more: str = "") -> Document:
    selection = more + "".join(_nodes(field, CONNECTIONS[field]) for field in connections)
    text = f"""query {name}($ids: [ID!]!, $first: Int!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on PullRequest {{{PULL_REQUEST}{selection}
    }}
  }}
}}"""
    return Document(name, text, per_id=len(connections))


def _continuation(field: str) -> Document:
    name = f"More{field[0].upper()}{field[1:]}"
    text = f"""query {name}($id: ID!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  node(id: $id) {{
    __typename
    ... on PullRequest {{
      id updatedAt{_nodes(field, CONNECTIONS[field], ", after: $after")}
    }}
  }}
}}"""
    return Document(name, text, per_id=1)


VIEWER = Document("Viewer", f"query Viewer {{ {RATE_LIMIT} viewer {USER} }}")
"""The user of a token; the headers of the response tell the rest."""


def _scan(name: str, which: str) -> Document:
    text = f"""query {name}($id: ID!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  node(id: $id) {{
    __typename
    ... on Repository {{
      id
      nameWithOwner
      isArchived
      pullRequests(first: $first, after: $after, {which}) {{
        totalCount
        {PAGE_INFO}
        nodes {{ {SCANNED} }}
      }}
    }}
  }}
}}"""
    return Document(name, text, per_id=1)


SCAN = _scan("Scan", "orderBy: {field: UPDATED_AT, direction: DESC}")
"""A page of a repository's pull requests, the last updated first, with only the fields that a window needs."""

SCAN_OPEN = _scan("ScanOpen", "states: [OPEN], orderBy: {field: CREATED_AT, direction: ASC}")
"""The same of those that are open, the oldest first."""


def _probe(name: str, variables: str, more: str = "", per_id: int = 1) -> Document:
    text = f"""query {name}({variables}) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on Repository {{
      id
      nameWithOwner
      isArchived
      pullRequests(first: 1, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
        totalCount
        nodes {{ id updatedAt }}
      }}{more}
    }}
  }}
}}"""
    return Document(name, text, per_id=per_id)


PROBE = _probe("Probe", "$ids: [ID!]!")
"""The last update of up to 100 repositories, for one point; a scan of each would cost a hundred."""

PROBE_OPEN = _probe(
    "ProbeOpen",
    "$ids: [ID!]!, $first: Int!",
    f"""
      open: pullRequests(first: $first, states: [OPEN], orderBy: {{field: CREATED_AT, direction: ASC}}) {{
        totalCount
        {PAGE_INFO}
        nodes {{ {SCANNED} }}
      }}""",
    per_id=2,
)
"""The same with the pull requests that are open, for two points: whatever begins a history needs them."""

PULL_REQUESTS = _pull_requests("PullRequests", tuple(CONNECTIONS), CHECKS)
"""Up to 100 pull requests by id, with the first page of every connection."""

LIGHT_PULL_REQUESTS = _pull_requests("LightPullRequests", LIGHT)
"""The same without the heavy connections, for a pull request that times out even alone."""

HEAD_CHECKS = Document(
    "HeadChecks",
    f"""query HeadChecks($ids: [ID!]!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on PullRequest {{ id{CHECKS} }}
  }}
}}""",
    per_id=1,
)
"""The checks alone, which the light query leaves out."""

THREAD_COMMENTS = Document(
    "ThreadComments",
    f"""query ThreadComments($ids: [ID!]!, $first: Int!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on PullRequestReviewThread {{
      id
      pullRequest {{ id updatedAt }}
      comments(first: $first) {{
        totalCount
        {PAGE_INFO}
        nodes {{ {REVIEW_COMMENT} }}
      }}
    }}
  }}
}}""",
    per_id=1,
)
"""The comments of up to 100 review threads, for one point; below each pull request they would cost dozens."""

MORE_THREAD_COMMENTS = Document(
    "MoreThreadComments",
    f"""query MoreThreadComments($id: ID!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  node(id: $id) {{
    __typename
    ... on PullRequestReviewThread {{
      id
      pullRequest {{ id updatedAt }}
      comments(first: $first, after: $after) {{
        totalCount
        {PAGE_INFO}
        nodes {{ {REVIEW_COMMENT} }}
      }}
    }}
  }}
}}""",
    per_id=1,
)

CONTINUATIONS = {field: _continuation(field) for field in CONNECTIONS}
"""The further pages of each connection of one pull request."""

DOCUMENTS = (
    OWNER,
    OWNER_BY_ID,
    VIEWER,
    REPOSITORIES,
    ONE_REPOSITORY,
    SCAN,
    SCAN_OPEN,
    PROBE,
    PROBE_OPEN,
    PULL_REQUESTS,
    LIGHT_PULL_REQUESTS,
    HEAD_CHECKS,
    THREAD_COMMENTS,
    MORE_THREAD_COMMENTS,
    RELEASES,
    MORE_RELEASES,
    DEPLOYMENTS,
    MORE_DEPLOYMENTS,
    NEWEST_DELIVERIES,
    MEMBERS,
    TEAMS,
    MORE_TEAM_MEMBERS,
    ACCOUNTS,
    ITEM_ACCOUNTS,
    PULL_REQUEST_ACCOUNTS,
    *CONTINUATIONS.values(),
)
