"""The queries of accounts by their ids, and of who wrote what by the ids of items. Each costs a point per hundred."""

from tasks.github.api.queries.document import ACTOR, PAGE, RATE_LIMIT, REVIEWER, USER, Document

ACCOUNTS = Document(
    "Accounts",
    f"""query Accounts($ids: [ID!]!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{ __typename ... on Actor {ACTOR} }}
}}""",
)
"""The logins of today of up to 100 accounts."""

_ACTED = ("ReadyForReview", "ConvertToDraft", "Closed", "Reopened", "Merged", "HeadRefForcePushed", "Labeled",
          "Unlabeled", "CrossReferenced")  # fmt: skip
_ASKED = ("ReviewRequested", "ReviewRequestRemoved")

ITEM_ACCOUNTS = Document(
    "ItemAccounts",
    f"""query ItemAccounts($ids: [ID!]!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on Node {{ id }}
    ... on PullRequest {{ author {ACTOR} mergedBy {ACTOR} }}
    ... on PullRequestReview {{ author {ACTOR} }}
    ... on PullRequestReviewComment {{ author {ACTOR} }}
    ... on IssueComment {{ author {ACTOR} }}
    ... on Release {{ author {USER} }}
    ... on Deployment {{ creator {ACTOR} }}
    {" ".join(f"... on {kind}Event {{ actor {ACTOR} }}" for kind in _ACTED)}
    {" ".join(f"... on {kind}Event {{ actor {ACTOR} requestedReviewer {REVIEWER} }}" for kind in _ASKED)}
  }}
}}""",
)
"""Who wrote, merged, did or was asked for up to 100 items: the kinds that versions before the ids stored."""

PULL_REQUEST_ACCOUNTS = Document(
    "PullRequestAccounts",
    f"""query PullRequestAccounts($ids: [ID!]!) {{
  {RATE_LIMIT}
  nodes(ids: $ids) {{
    __typename
    ... on PullRequest {{
      id
      assignees(first: {PAGE}) {{ nodes {USER} }}
      reviewRequests(first: {PAGE}) {{ nodes {{ requestedReviewer {REVIEWER} }} }}
      commits(first: {PAGE}) {{ nodes {{ commit {{ oid author {{ user {USER} }} }} }} }}
    }}
  }}
}}""",
    per_id=3,
)
"""Who is assigned to pull requests, is asked for their review, and wrote their first hundred commits."""
