"""The queries of a repository's releases and deployments, the newest first."""

from tasks.github.api.queries.document import ACTOR, PAGE_INFO, RATE_LIMIT, USER, Document

RELEASE = f"id tagName name description isDraft isPrerelease createdAt publishedAt author {USER} tagCommit {{ oid }}"
STATUSES = 100
"""Statuses read of a deployment, the newest first. Most have four, but tools that report each step or take an old one
back into use set many after the success that counts. More of them cost no points."""
DEPLOYMENT = f"""id originalEnvironment environment task state createdAt updatedAt commitOid
      ref {{ name }}
      creator {ACTOR}
      statuses(first: {STATUSES}) {{ nodes {{ state createdAt }} }}"""

_NEWEST_FIRST = "orderBy: {field: CREATED_AT, direction: DESC}"
_RELEASES_OF_EACH = 20
_DEPLOYMENTS_OF_EACH = 25
DEPLOYMENTS_OF_ONE = 50


def _of_repositories(name: str, field: str, selection: str, first: int) -> str:
    return f"""query {name}($ids: [ID!]!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on Repository {{
      id
      {field}(first: {first}, {_NEWEST_FIRST}) {{
        totalCount
        {PAGE_INFO}
        nodes {{ {selection} }}
      }}
    }}
  }}
}}"""


def _of_repository(name: str, field: str, selection: str) -> str:
    return f"""query {name}($id: ID!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  node(id: $id) {{
    __typename
    ... on Repository {{
      id
      {field}(first: $first, after: $after, {_NEWEST_FIRST}) {{
        totalCount
        {PAGE_INFO}
        nodes {{ {selection} }}
      }}
    }}
  }}
}}"""


RELEASES = Document("Releases", _of_repositories("Releases", "releases", RELEASE, _RELEASES_OF_EACH), per_id=1)
"""The newest releases of up to 100 repositories."""

MORE_RELEASES = Document("MoreReleases", _of_repository("MoreReleases", "releases", RELEASE), per_id=1)

DEPLOYMENTS = Document(
    "Deployments",
    _of_repositories("Deployments", "deployments", DEPLOYMENT, _DEPLOYMENTS_OF_EACH),
    per_id=1 + _DEPLOYMENTS_OF_EACH,
)
"""The newest deployments of several repositories, with their statuses: a quarter of a point per repository."""

MORE_DEPLOYMENTS = Document(
    "MoreDeployments",
    _of_repository("MoreDeployments", "deployments", DEPLOYMENT),
    per_id=1 + DEPLOYMENTS_OF_ONE,
)

NEWEST_DELIVERIES = Document(
    "NewestDeliveries",
    f"""query NewestDeliveries($ids: [ID!]!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on Repository {{
      id
      releases(first: {_RELEASES_OF_EACH}, {_NEWEST_FIRST}) {{ totalCount nodes {{ createdAt publishedAt }} }}
      deployments(first: 1, {_NEWEST_FIRST}) {{ totalCount nodes {{ createdAt }} }}
    }}
  }}
}}""",
    per_id=2,
)
"""When the newest releases and deployment of up to 100 repositories were created or published: two points."""
