"""Lists that end before GitHub's own total, and on how many days a pull request was not complete."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

DAYS = (
    "On how many days (UTC) the same version of it was fetched and not complete: from the third on it is kept as it is, "
    "and not fetched again for that; NULL if complete"
)


def upgrade() -> None:
    op.create_table(
        "short_lists",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column(
            "list_name",
            sa.String,
            comment="repositories, members, teams, team members, pull requests, open pull requests, releases or "
            "deployments",
        ),
        sa.Column(
            "owner_id",
            sa.String,
            comment="Node id of the repository, or of the team within the organisation; else the team_id",
        ),
        sa.Column("said", sa.Integer, comment="GitHub's total"),
        sa.Column("given", sa.Integer, comment="How many of them GitHub gave"),
        sa.Column(
            "days",
            sa.Integer,
            comment="On how many days (UTC) it was short; from the third on it is no longer asked for again",
        ),
        sa.Column("noted_at", sa.DateTime(timezone=True), comment="When it was last read"),
        comment="One row per list of GitHub's that ended before its own total the last time it was read",
    )
    op.add_column("pull_requests", sa.Column("partial_days", sa.Integer))
    op.execute(f"COMMENT ON COLUMN pull_requests.partial_days IS '{DAYS}'")
