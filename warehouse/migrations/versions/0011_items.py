"""When a missing pull request can count, since when a repository fails, and what is not stored as GitHub has it."""

from alembic import op

revision = "0011"
down_revision = "0010"

COLUMNS = {
    "sync_items": {
        "created_at": ("TIMESTAMPTZ", "createdAt as the scan saw it; NULL if it was scanned by an earlier version"),
        "is_open": ("BOOLEAN", "True if it was open when it was scanned"),
    },
    "repositories": {
        "failing_since": (
            "TIMESTAMPTZ",
            "When the first of the syncs that failed in a row ended; NULL if the last did not",
        ),
    },
    "pull_requests": {
        "altered_reason": (
            "VARCHAR",
            "What of it is not stored as GitHub has it, since it cannot be; NULL if all of it is",
        ),
    },
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column, (kind, words) in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
            op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{words}'")
