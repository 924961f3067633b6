"""Readings that a person judged: types of work, and signs of AI."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "reading_checks",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("pull_request_id", sa.String, comment="Node id of the pull request"),
        sa.Column("question", sa.String, comment="work_type or sign"),
        sa.Column("subject", sa.String, comment="Row of tasks/llm/rules/signatures.toml; empty for work_type"),
        sa.Column(
            "said",
            sa.String,
            comment="What was said of the pull request when it was judged; a later reading is asked about again",
        ),
        sa.Column("is_right", sa.Boolean, comment="True if the person found it right"),
        sa.Column("checked_at", sa.DateTime(timezone=True), comment="When it was judged"),
        sa.Column(
            "checked_by",
            sa.String,
            comment="E-mail of the login that judged it; NULL without a login",
        ),
        comment="One row per reading that a person judged: whether a type of work, or a sign of AI, is right",
    )
