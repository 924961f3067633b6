"""When an insight was first and last found, how exact it is, and since when it is no longer true."""

from alembic import op

revision = "0017"
down_revision = "0016"

TABLE = "One row per insight: what is true now, and what was until lately"
ID = "Id, the same for the same detector, metric and scope, whatever the week"
COLUMNS = {
    "n": ("INTEGER", "Pull requests behind the number now; NULL if it is about now alone"),
    "n_before": ("INTEGER", "Pull requests behind the number before"),
    "like_for_like": (
        "DOUBLE",
        "Number now, of the same repositories and authors: as a ratio to that before, or for a share less that before",
    ),
    "like_for_like_low": ("DOUBLE", "Lower end of the 95-percent interval of `like_for_like`"),
    "like_for_like_high": ("DOUBLE", "Upper end of the 95-percent interval of `like_for_like`"),
    "first_seen_at": ("TIMESTAMP WITH TIME ZONE", "When it was first found"),
    "last_seen_at": ("TIMESTAMP WITH TIME ZONE", "When it was last found"),
    "resolved_at": ("TIMESTAMP WITH TIME ZONE", "When it was first no longer found; NULL while it is true"),
}


def upgrade() -> None:
    op.execute("DELETE FROM insights")  # the next computation finds what is still true, under ids that last
    op.execute(f"COMMENT ON TABLE insights IS '{TABLE}'")
    op.execute(f"COMMENT ON COLUMN insights.id IS '{ID}'")
    for column, (kind, words) in COLUMNS.items():
        op.execute(f"ALTER TABLE insights ADD COLUMN {column} {kind}")
        op.execute(f"COMMENT ON COLUMN insights.{column} IS '{words}'")
