"""Raw replies of the model, and what a run of reading came to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNTS: list[tuple[str, Any, str]] = [
    ("llm_by_rule", sa.Integer, "Pull requests that rules settled in this run"),
    ("llm_by_model", sa.Integer, "Pull requests that the model answered in this run"),
    ("llm_failed", sa.Integer, "Pull requests that could not be read, or that the model refused"),
    ("llm_left", sa.Integer, "Pull requests that were still to be read when it last committed"),
    ("llm_stopped", sa.String, "Why reading ended before all were read; NULL where it did not"),
]


def upgrade() -> None:
    op.create_table(
        "llm_replies",
        sa.Column("pull_request_id", sa.String, comment="Node id of the pull request"),
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("prompt_version", sa.String, comment="Version of the prompt that was answered"),
        sa.Column("schema_version", sa.String, comment="Version of the answer's schema that was asked for"),
        sa.Column("model", sa.String, comment="Model that was asked"),
        sa.Column("input_hash", sa.String, comment="SHA-256 of the text that was sent, as in pr_analysis"),
        sa.Column("body", sa.LargeBinary, comment="The reply's JSON, compressed by zlib: hostile text"),
        sa.Column("received_at", sa.DateTime(timezone=True), comment="When"),
        comment="One row per pull request, prompt version and model: the newest raw reply, to be read anew without a call",
    )
    for name, kind, words in COUNTS:
        op.add_column("pipeline_runs", sa.Column(name, kind))
        op.execute(f"COMMENT ON COLUMN pipeline_runs.{name} IS '{words}'")
