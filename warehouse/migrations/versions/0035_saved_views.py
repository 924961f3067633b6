"""Saved views: a name for an address of the dashboard."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("id", sa.String, comment="Random, made when it is saved"),
        sa.Column("name", sa.String, comment="What a person called it"),
        sa.Column("page", sa.String, comment="Path of the page, without a slash"),
        sa.Column("parameters", sa.String, comment="Its filters as in the address, after the question mark"),
        sa.Column("saved_by", sa.String, comment="Who saved it: e-mail or name of the login; empty without a login"),
        sa.Column("is_shared", sa.Boolean, comment="Shown to everybody who may see the team"),
        sa.Column("saved_at", sa.DateTime(timezone=True), comment="When it was saved, or changed last"),
        comment="One row per view that a person gave a name: a page of the dashboard with its filters",
    )
