"""Insights that a person put aside until a day."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "insight_dismissals",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("detector", sa.String, comment="Name of the detector that found it, as in insights"),
        sa.Column("metric", sa.String, comment="Metric that it is about; - if there is none"),
        sa.Column(
            "repository_id",
            sa.String,
            comment="Node id of the repository that it is about; empty for the whole team",
        ),
        sa.Column("dismissed_until", sa.Date, comment="Day (UTC) from which it is shown again, if it is still true"),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), comment="When it was dismissed"),
        sa.Column(
            "dismissed_by",
            sa.String,
            comment="E-mail of the login that dismissed it; NULL without a login: anyone who can open the dashboard",
        ),
        comment="One row per insight that a person put aside until a day; it is found and stored as before",
    )
