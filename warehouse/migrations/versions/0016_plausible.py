"""Since when a repository exists, and which dates of commits cannot be."""

from alembic import op

revision = "0016"
down_revision = "0015"

COLUMNS = (
    ("repositories", "created_at", "TIMESTAMPTZ", "GitHub: createdAt; NULL until it is read"),
    (
        "pull_request_metrics",
        "first_commit_committed_at",
        "TIMESTAMPTZ",
        "When the first commit was committed: long after first_commit_at if it was cherry-picked or rebased",
    ),
    (
        "pull_request_metrics",
        "implausible_commits_count",
        "INTEGER",
        "Commits with a date that cannot be, which is no anchor: see docs/metrics.md",
    ),
)


def upgrade() -> None:
    for table, column, kind, words in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{words}'")
