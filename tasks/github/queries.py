"""Every GraphQL document that is sent to GitHub, and what each costs.

The documents are valid against GitHub's published schema; `tests/tasks/github/test_queries.py` proves it.
A connection of a pull request is declared once, in `CONNECTIONS`: the query for a batch, the query without
the heavy connections and the continuation of each connection are made from it.

Cost, as GitHub publishes it (https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits):
the requests needed to fill every connection to its `first`, divided by 100, rounded, at least 1. What is
asked by id is one connection level of as many nodes as there are ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | bool | None | list[str]
Variables = Mapping[str, Value]

PAGE = 100
"""Nodes of a page: the most that GitHub gives. First-level pages cost the same at any size."""


@dataclass(frozen=True)
class Document:
    """One operation. `per_id` is the number of connections asked of each of `$ids` (or of the one `$id`)."""

    name: str
    text: str
    per_id: int = 0

    def requests(self, variables: Variables) -> int:
        """Requests that fill all connections of this document, as GitHub counts them."""
        ids = variables.get("ids")
        return self.per_id * len(ids) if isinstance(ids, list) else max(1, self.per_id)

    def cost(self, variables: Variables) -> int:
        """Points that GitHub takes for it."""
        return max(1, (self.requests(variables) + 50) // 100)


RATE_LIMIT = "rateLimit { cost limit remaining used resetAt nodeCount }"
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
ACTOR = "{ __typename login }"
REVIEWER = """requestedReviewer {
          __typename
          ... on User { login }
          ... on Bot { login }
          ... on Mannequin { login }
          ... on Team { slug }
        }"""

COMMENT = f"id createdAt body author {ACTOR}"

TIMELINE_KINDS = (
    "ReadyForReview",
    "ConvertToDraft",
    "ReviewRequested",
    "ReviewRequestRemoved",
    "Closed",
    "Reopened",
    "Merged",
    "HeadRefForcePushed",
    "Labeled",
    "Unlabeled",
)

_SUBJECTS = {
    "ReviewRequested": REVIEWER,
    "ReviewRequestRemoved": REVIEWER,
    "Labeled": "label { name }",
    "Unlabeled": "label { name }",
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
    """A connection of a pull request: what its nodes are asked for, and whether it can be large."""

    selection: str
    is_heavy: bool = False
    arguments: str = ""


CONNECTIONS = {
    "labels": Connection("name"),
    "assignees": Connection("login"),
    "reviewRequests": Connection(REVIEWER),
    "closingIssuesReferences": Connection("number repository { nameWithOwner }"),
    "reviews": Connection(f"id state submittedAt body author {ACTOR}", is_heavy=True),
    "reviewThreads": Connection("id path isResolved isOutdated", is_heavy=True),
    "comments": Connection(COMMENT, is_heavy=True),
    "commits": Connection(
        "commit { oid message authoredDate committedDate author { name email user { login } } }", is_heavy=True
    ),
    "files": Connection("path changeType additions deletions", is_heavy=True),
    "timelineItems": Connection(_timeline_selection(), is_heavy=True, arguments=_ITEM_TYPES),
}

HEAVY = tuple(name for name, connection in CONNECTIONS.items() if connection.is_heavy)
LIGHT = tuple(name for name in CONNECTIONS if name not in HEAVY)

PULL_REQUEST = f"""
      id number title body state isDraft createdAt updatedAt mergedAt closedAt
      authorAssociation additions deletions changedFiles
      baseRefName headRefName isCrossRepository reviewDecision
      repository {{ id }}
      author {ACTOR}
      mergedBy {ACTOR}
      headRepository {{ nameWithOwner }}
      mergeCommit {{ oid }}
      milestone {{ title }}"""

REPOSITORY = """id name nameWithOwner isArchived isFork isPrivate pushedAt
      defaultBranchRef { name }
      pullRequests { totalCount }"""


def _nodes(field: str, connection: Connection, after: str = "") -> str:
    return f"""
      {field}(first: $first{after}{connection.arguments}) {{
        totalCount
        {PAGE_INFO}
        nodes {{
        {connection.selection}
        }}
      }}"""


def _pull_requests(name: str, connections: tuple[str, ...]) -> Document:
    selection = "".join(_nodes(field, CONNECTIONS[field]) for field in connections)
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


OWNER = Document(
    "Owner",
    f"""query Owner($login: String!) {{
  {RATE_LIMIT}
  viewer {{ login }}
  repositoryOwner(login: $login) {{
    __typename
    id
    login
    ... on Organization {{ name }}
    ... on User {{ name }}
  }}
}}""",
)
"""Who owns the repositories, and as whom we ask."""

REPOSITORIES = Document(
    "Repositories",
    f"""query Repositories($login: String!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  repositoryOwner(login: $login) {{
    __typename
    id
    repositories(
      first: $first, after: $after, ownerAffiliations: [OWNER], orderBy: {{field: PUSHED_AT, direction: DESC}}
    ) {{
      totalCount
      {PAGE_INFO}
      nodes {{
      {REPOSITORY}
      }}
    }}
  }}
}}""",
    per_id=101,
)
"""A page of an owner's repositories, the most recently pushed first."""

ONE_REPOSITORY = Document(
    "OneRepository",
    f"""query OneRepository($owner: String!, $name: String!) {{
  {RATE_LIMIT}
  repository(owner: $owner, name: $name) {{
    {REPOSITORY}
    owner {{ __typename id login }}
  }}
}}""",
    per_id=1,
)
"""One repository by its name, which GitHub follows through renames."""

SCAN = Document(
    "Scan",
    f"""query Scan($id: ID!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  node(id: $id) {{
    __typename
    ... on Repository {{
      id
      nameWithOwner
      isArchived
      pullRequests(first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
        totalCount
        {PAGE_INFO}
        nodes {{ id number createdAt updatedAt state }}
      }}
    }}
  }}
}}""",
    per_id=1,
)
"""A page of a repository's pull requests, the last updated first, with what a window needs and no more."""

PROBE = Document(
    "Probe",
    f"""query Probe($ids: [ID!]!) {{
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
      }}
    }}
  }}
}}""",
    per_id=1,
)
"""When up to 100 repositories last moved: one point, where a scan of each would cost a hundred."""

PULL_REQUESTS = _pull_requests("PullRequests", tuple(CONNECTIONS))
"""Up to 100 pull requests by id, with the first page of every connection."""

LIGHT_PULL_REQUESTS = _pull_requests("LightPullRequests", LIGHT)
"""The same without the heavy connections, for a pull request that times out even alone."""

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
        nodes {{ {COMMENT} }}
      }}
    }}
  }}
}}""",
    per_id=1,
)
"""The comments of up to 100 review threads: one point, where asking them below each pull request costs dozens."""

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
        nodes {{ {COMMENT} }}
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
    REPOSITORIES,
    ONE_REPOSITORY,
    SCAN,
    PROBE,
    PULL_REQUESTS,
    LIGHT_PULL_REQUESTS,
    THREAD_COMMENTS,
    MORE_THREAD_COMMENTS,
    *CONTINUATIONS.values(),
)
