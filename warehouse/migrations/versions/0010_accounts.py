"""Accounts, owners and their logins by GitHub's ids.

Rows of earlier versions have logins without ids; the next sync of each team asks GitHub for them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind, comment in columns:
            op.add_column(table, sa.Column(name, kind))
            op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{_quoted(comment)}'")
    for name, (comment, columns) in TABLES.items():
        op.create_table(
            name, *(sa.Column(column, kind, comment=words) for column, kind, words in columns), comment=comment
        )
    for statement in (*PEOPLE, *LISTS):
        op.execute(statement)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


# The key of `people` is now the account. Until its id is known, that is its login, of which case does not matter.
PEOPLE = (
    "UPDATE people SET account_id = '@' || lower(login)",
    """
    DELETE FROM people WHERE rowid IN (
        SELECT rowid FROM (
            SELECT rowid, row_number() OVER (
                PARTITION BY team_id, account_id ORDER BY decided_at DESC NULLS LAST, login
            ) AS place FROM people
        ) WHERE place > 1
    )
    """,
)

# Nobody has no ids: nothing to ask for.
LISTS = (
    "UPDATE pull_requests SET assignee_ids = [] WHERE len(assignees) = 0",
    "UPDATE pull_requests SET requested_reviewer_ids = [] WHERE len(requested_reviewers) = 0",
)

COLUMNS: dict[str, list[tuple[str, Any, str]]] = {
    "teams": [
        ("database_id", sa.BigInteger, "GitHub's databaseId of the owner"),
        (
            "earlier_ids",
            sa.ARRAY(sa.String),
            "What team_id was before the owner was renamed, oldest first; NULL if never",
        ),
        (
            "accounts_read_at",
            sa.DateTime(timezone=True),
            "When the logins of all its accounts were last read; NULL if never",
        ),
        ("is_paused", sa.Boolean, "True if nothing is fetched for it until a person resumes it"),
    ],
    "team_members": [
        ("database_id", sa.BigInteger, "GitHub's databaseId of the person"),
    ],
    "organisation_team_members": [
        ("account_id", sa.String, "GitHub's node id of the person"),
    ],
    "pull_requests": [
        (
            "author_id",
            sa.String,
            "Node id of the author; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
        ("merged_by_id", sa.String, "Node id of the person who merged it"),
        ("auto_merge_by_id", sa.String, "Node id of who switched auto-merge on"),
        ("assignee_ids", sa.ARRAY(sa.String), "Node ids of the assignees, in the order of assignees"),
        ("requested_reviewer_ids", sa.ARRAY(sa.String), "Node ids in the order of requested_reviewers"),
    ],
    "reviews": [
        (
            "author_id",
            sa.String,
            "Node id of the reviewer; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
    ],
    "review_comments": [
        (
            "author_id",
            sa.String,
            "Node id of the author; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
    ],
    "comments": [
        (
            "author_id",
            sa.String,
            "Node id of the author; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
    ],
    "commits": [
        ("author_id", sa.String, "Node id of the account that GitHub matched to the author; NULL if there is none"),
    ],
    "timeline_events": [
        (
            "actor_id",
            sa.String,
            "Node id of the account that caused it; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
        ("subject_id", sa.String, "Node id of the account or team that subject names; NULL if it names something else"),
    ],
    "releases": [
        (
            "author_id",
            sa.String,
            "Node id of the author; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
    ],
    "deployments": [
        (
            "creator_id",
            sa.String,
            "Node id of who or what started it; NULL if the account was deleted, or was stored without it by an earlier version",
        ),
    ],
    "people": [
        (
            "account_id",
            sa.String,
            "Node id of the account; @ and the login in lower case if none is known, as for ghost",
        ),
    ],
    "pull_request_metrics": [
        ("author_id", sa.String, "Node id of the author; @ and the login in lower case if none is known"),
    ],
    "github_tokens": [
        ("account_id", sa.String, "Node id of its owner; NULL if GitHub refused it"),
    ],
}

TABLES: dict[str, tuple[str, list[tuple[str, Any, str]]]] = {
    "accounts": (
        "One row per account that GitHub names in a team's data: the id that stays, and the login of today",
        [
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("id", sa.String, "GitHub's node id"),
            ("database_id", sa.BigInteger, "GitHub's databaseId; NULL for an EnterpriseUserAccount, which has none"),
            ("login", sa.String, "Login of today, which every table shows; the last one of a deleted account"),
            ("kind", sa.String, "GraphQL type: User, Bot, Mannequin, Organization, EnterpriseUserAccount"),
            ("gone_at", sa.DateTime(timezone=True), "When GitHub no longer found the account; NULL while it does"),
        ],
    ),
    "account_logins": (
        "One row per login that an account has had since prflow knows it",
        [
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("account_id", sa.String, "Node id of the account"),
            ("login", sa.String, "Login"),
            ("since", sa.DateTime(timezone=True), "When prflow first saw the account with it"),
            (
                "until",
                sa.DateTime(timezone=True),
                "When prflow first saw the account with another; NULL for the login of today",
            ),
        ],
    ),
}
