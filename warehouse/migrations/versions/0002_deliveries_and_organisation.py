"""Releases, deployments, the organisation's teams, and what a pull request was missing."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind, comment in columns:
            op.add_column(table, sa.Column(name, kind))
            op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{_quoted(comment)}'")
    for name, comment in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {name} IS '{_quoted(comment)}'")
    for name, (comment, columns) in TABLES.items():
        op.create_table(
            name, *(sa.Column(column, kind, comment=words) for column, kind, words in columns), comment=comment
        )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


COLUMNS: dict[str, list[tuple[str, Any, str]]] = {
    "teams": [
        ("members_read_at", MOMENT, "When the members and teams of the organisation were last read; NULL: never"),
        ("members_error", sa.String, "Why they could not be read the last time, in words; NULL where they could"),
    ],
    "repositories": [
        ("deliveries_read_at", MOMENT, "When its releases and deployments were last read; NULL: never"),
        ("deliveries_from", MOMENT, "All releases and deployments created from here on have been read"),
        ("deliveries_error", sa.String, "Why they could not be read the last time, in words; NULL where they could"),
    ],
    "pull_requests": [
        ("base_repository", sa.String, "owner/name that the branch it goes to lives in"),
        ("base_ref_oid", sa.String, "Hash of the branch that it goes to, as of its last push"),
        ("head_ref_oid", sa.String, "Hash of its newest commit"),
    ],
    "timeline_events": [
        (
            "is_revert",
            sa.Boolean,
            "True where the pull request that refers to this one reverts it; NULL for other kinds",
        ),
    ],
}

COMMENTS = {
    "timeline_events.kind": "GraphQL type without its suffix Event: ReadyForReview, ConvertToDraft, ReviewRequested, ReviewRequestRemoved, Closed, Reopened, Merged, HeadRefForcePushed, Labeled, Unlabeled, CrossReferenced (by another pull request)",
    "timeline_events.subject": "What it was done to: the reviewer asked, the label; who refers to it, as owner/name#number",
}

TABLES: dict[str, tuple[str, list[tuple[str, Any, str]]]] = {
    "organisation_teams": (
        "One row per team within the organisation, as GitHub keeps them",
        [
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("id", sa.String, "GitHub's node id"),
            ("slug", sa.String, "Name as in @owner/slug"),
            ("name", sa.String, "Name"),
            ("members_count", sa.Integer, "GitHub's own total of members, those of teams below it included"),
            ("fetched_at", MOMENT, "When this was read from GitHub"),
        ],
    ),
    "organisation_team_members": (
        "One row per member of a team within the organisation",
        [
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("organisation_team_id", sa.String, "Node id of the team within the organisation"),
            ("login", sa.String, "Login"),
            ("role", sa.String, "MAINTAINER or MEMBER"),
        ],
    ),
    "releases": (
        "One row per release of a followed repository",
        [
            ("id", sa.String, "GitHub's node id"),
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("repository_id", sa.String, "Node id of the repository"),
            ("tag_name", sa.String, "Name of the tag"),
            ("name", sa.String, "Title, as a person wrote it: hostile text"),
            ("body", sa.String, "Notes in Markdown: hostile text"),
            ("author_login", sa.String, "Login of who made it; ghost where the account was deleted"),
            ("commit_oid", sa.String, "Hash of the commit that the tag stands at; NULL for a draft without a tag"),
            ("is_draft", sa.Boolean, "GitHub: isDraft"),
            ("is_prerelease", sa.Boolean, "GitHub: isPrerelease"),
            ("created_at", MOMENT, "GitHub: createdAt"),
            ("published_at", MOMENT, "GitHub: publishedAt; NULL for a draft"),
        ],
    ),
    "deployments": (
        "One row per deployment of a followed repository",
        [
            ("id", sa.String, "GitHub's node id"),
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("repository_id", sa.String, "Node id of the repository"),
            ("environment", sa.String, "Where it went, as it was first said: production, staging, ..."),
            ("task", sa.String, "GitHub: task; deploy unless somebody chose another"),
            ("ref", sa.String, "Name of the branch or tag; NULL where that is gone"),
            ("commit_oid", sa.String, "Hash of the commit: for a merged pull request its merge_commit_oid"),
            ("creator_login", sa.String, "Login of who or what started it"),
            ("state", sa.String, "GitHub: state, as of the fetch; one that was replaced is INACTIVE, however it went"),
            ("created_at", MOMENT, "GitHub: createdAt: when it began"),
            ("updated_at", MOMENT, "GitHub: updatedAt"),
            ("succeeded_at", MOMENT, "First status SUCCESS; NULL where it has none"),
            ("failed_at", MOMENT, "First status FAILURE or ERROR; NULL where it has none"),
        ],
    ),
    "raw_answers": (
        "One row per pull request as GitHub answered it, where PRFLOW_KEEP_RAW_ANSWERS is set: source of new fields",
        [
            ("pull_request_id", sa.String, "Node id of the pull request"),
            ("team_id", sa.String, "The team: the GitHub login of its owner, in lower case"),
            ("updated_at", MOMENT, "GitHub: updatedAt, as of the answer"),
            ("fetched_at", MOMENT, "When this was read from GitHub"),
            (
                "answer",
                sa.LargeBinary,
                "The pull request with all its connections as JSON, compressed by zlib: hostile text",
            ),
        ],
    ),
}
