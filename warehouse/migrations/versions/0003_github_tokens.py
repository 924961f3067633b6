"""What is known of each token that a team's sync uses."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "github_tokens",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("place", sa.Integer, comment="Its place among the team's tokens, from 1"),
        sa.Column("name", sa.String, comment="Which one it is, in words"),
        sa.Column("kind", sa.String, comment="Classic or fine-grained token, login or GitHub App, as its form says"),
        sa.Column("login", sa.String, comment="Whose it is; NULL where GitHub refused it"),
        sa.Column(
            "scopes",
            sa.String,
            comment="Scopes with commas between them; NULL where GitHub lists none, as for fine-grained ones",
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            comment="When it ends; NULL where it does not or is renewed by itself",
        ),
        sa.Column("points_limit", sa.BigInteger, comment="Points of GitHub's budget an hour"),
        sa.Column("points_remaining", sa.BigInteger, comment="Points left when it was last asked with"),
        sa.Column("reset_at", sa.DateTime(timezone=True), comment="When its budget is full again"),
        sa.Column("problem", sa.String, comment="Why it is not used, in words; NULL where it is"),
        sa.Column("checked_at", sa.DateTime(timezone=True), comment="When this was written"),
        comment="One row per token that a team's last sync was given: whose it is and what is left of it, never its value",
    )
