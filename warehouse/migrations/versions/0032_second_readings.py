"""Readings that the model gave a second time."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "second_readings",
        sa.Column("pull_request_id", sa.String, comment="Node id of the pull request"),
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("prompt_version", sa.String, comment="Version of the prompt"),
        sa.Column("schema_version", sa.String, comment="Version of the requested response schema"),
        sa.Column("model", sa.String, comment="Model that was asked twice"),
        sa.Column(
            "input_hash", sa.String, comment="SHA-256 of the text that was sent the first time, as in pr_analysis"
        ),
        sa.Column("first_work_type", sa.String, comment="The model's work type the first time, before rules"),
        sa.Column("second_work_type", sa.String, comment="The same the second time"),
        sa.Column("first_risk", sa.String, comment="The model's risk the first time"),
        sa.Column("second_risk", sa.String, comment="The same the second time"),
        sa.Column(
            "first_ai_level", sa.String, comment="The model's AI level the first time; NULL if its reply is not kept"
        ),
        sa.Column("second_ai_level", sa.String, comment="The same the second time"),
        sa.Column("error_code", sa.String, comment="Why there is no second answer; NULL if there is one"),
        sa.Column("prompt_tokens", sa.Integer, comment="Tokens sent the second time"),
        sa.Column("completion_tokens", sa.Integer, comment="Tokens received the second time"),
        sa.Column("cost_usd", sa.Double, comment="Cost in US dollars; NULL if the price of the model is not known"),
        sa.Column("run_id", sa.String, comment="Run that read it a second time"),
        sa.Column("read_at", sa.DateTime(timezone=True), comment="When it was read a second time"),
        comment="One row per pull request, prompt version and model that was read a second time, with its fields in another order",
    )
