"""Where exactly evidence of AI stood, and what a person decided of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COLUMNS = (
    (
        "pr_analysis",
        "ai_evidence_place",
        sa.String,
        "The very spot, as in: trailer of commit 2 of 5; NULL where a model quoted it",
    ),
    (
        "pr_analysis",
        "ai_signature",
        sa.String,
        "Row of tasks/llm/signatures.toml that found it; NULL where a model quoted it",
    ),
    (
        "people",
        "quick_answers_share",
        sa.Double,
        "Of the pull requests that it answered, the share answered within 60 seconds of the opening, where that is over 0.8 of at least 10: proposed as a bot, for a person to confirm; else NULL",
    ),
    (
        "people",
        "decided_at",
        sa.DateTime(timezone=True),
        "When a person decided is_bot, over the rules; NULL where the rules stand",
    ),
)
# Comments that say more than they did.
COMMENTS = (
    ("people", "is_bot", "True for a bot by type, login or list, or where a person said so"),
    (
        "people",
        "bot_reason",
        "Why: type, login, list, behaviour (a person confirmed it), person; NULL for a human",
    ),
)


def upgrade() -> None:
    for table, name, kind, words in COLUMNS:
        op.add_column(table, sa.Column(name, kind))
        _comment(table, name, words)
    for table, name, words in COMMENTS:
        _comment(table, name, words)


def _comment(table: str, name: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{quoted}'")
