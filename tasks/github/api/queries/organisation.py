"""The queries of an owner: its repositories, members and teams."""

from tasks.github.api.queries.document import PAGE_INFO, RATE_LIMIT, USER, Document

REPOSITORY = """id name nameWithOwner isArchived isFork isPrivate createdAt pushedAt
      defaultBranchRef { name }
      pullRequests { totalCount }"""

OWNER = Document(
    "Owner",
    f"""query Owner($login: String!) {{
  {RATE_LIMIT}
  viewer {{ login }}
  repositoryOwner(login: $login) {{
    __typename
    id
    login
    ... on Organization {{ databaseId name }}
    ... on User {{ databaseId name }}
  }}
}}""",
)
"""The owner of the repositories, and the user of the token."""

OWNER_BY_ID = Document(
    "OwnerById",
    f"""query OwnerById($id: ID!) {{
  {RATE_LIMIT}
  viewer {{ login }}
  node(id: $id) {{
    __typename
    ... on RepositoryOwner {{ id login }}
    ... on Organization {{ databaseId name }}
    ... on User {{ databaseId name }}
  }}
}}""",
)
"""The same by the id of the owner, whatever its login is today."""

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

VIEWER_ORGANISATIONS = Document(
    "ViewerOrganisations",
    f"""query ViewerOrganisations($first: Int!, $after: String) {{
  {RATE_LIMIT}
  viewer {{
    login
    name
    repositories(first: 1, ownerAffiliations: [OWNER]) {{ totalCount }}
    organizations(first: $first, after: $after) {{
      totalCount
      {PAGE_INFO}
      nodes {{ id login name repositories(first: 1) {{ totalCount }} }}
    }}
  }}
}}""",
    per_id=101,
)
"""A page of the organisations that the user of the token belongs to."""

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

MEMBERS = Document(
    "Members",
    f"""query Members($login: String!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  organization(login: $login) {{
    id
    membersWithRole(first: $first, after: $after) {{
      totalCount
      {PAGE_INFO}
      edges {{ role node {{ id databaseId login name }} }}
    }}
  }}
}}""",
    per_id=1,
)
"""A page of an organisation's members."""

_TEAM_MEMBERS = f"totalCount {PAGE_INFO} edges {{ role node {USER} }}"

TEAMS = Document(
    "Teams",
    f"""query Teams($login: String!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  organization(login: $login) {{
    id
    teams(first: $first, after: $after) {{
      totalCount
      {PAGE_INFO}
      nodes {{
        id slug name
        members(first: $first) {{ {_TEAM_MEMBERS} }}
      }}
    }}
  }}
}}""",
    per_id=101,
)
"""A page of an organisation's teams, each with the first page of its members: both get smaller together."""

MORE_TEAM_MEMBERS = Document(
    "MoreTeamMembers",
    f"""query MoreTeamMembers($id: ID!, $first: Int!, $after: String) {{
  {RATE_LIMIT}
  node(id: $id) {{
    __typename
    ... on Team {{
      id
      members(first: $first, after: $after) {{ {_TEAM_MEMBERS} }}
    }}
  }}
}}""",
    per_id=1,
)
