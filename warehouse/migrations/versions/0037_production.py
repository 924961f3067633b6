"""When a change reached production, and whether it failed there."""

from alembic import op

revision = "0037"
down_revision = "0036"

ADDED = {
    "pull_request_metrics": (
        ("merge_to_production_hours", "DOUBLE", "From the merge to production; NULL if that is not known"),
        (
            "first_commit_to_production_hours",
            "DOUBLE",
            "From the first commit to production; NULL if either is not known",
        ),
        (
            "is_change_failure",
            "BOOLEAN",
            "True if the first deployment to production that contains it failed, or if it was reverted; NULL if none is known",
        ),
    ),
}
COMMENTS = {
    "pull_request_metrics": {
        "in_production_at": "First success of a deployment to production that is known to contain it: of its merge commit, or of a later merge into the same branch. NULL if none is known",
    },
}


def upgrade() -> None:
    for table, added in ADDED.items():
        for name, kind, words in added:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            _comment(f"COLUMN {table}.{name}", words)
    for table, changed in COMMENTS.items():
        for name, words in changed.items():
            _comment(f"COLUMN {table}.{name}", words)


def _comment(place: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
