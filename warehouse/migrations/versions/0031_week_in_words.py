"""The week in words: what a model was asked, and its sentences that held."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "week_summaries",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("week_start", sa.Date, comment="Monday of the week, in the team's time zone"),
        sa.Column(
            "input_hash",
            sa.String,
            comment="Hash of the facts and of the prompt: the model is asked again only if it changes",
        ),
        sa.Column("prompt_version", sa.String, comment="Version of the prompt"),
        sa.Column("model", sa.String, comment="Model that was asked"),
        sa.Column("provider", sa.String, comment="Its provider; simulated for the simulated model"),
        sa.Column("facts_count", sa.Integer, comment="Facts that it was given"),
        sa.Column("dropped_count", sa.Integer, comment="Sentences that did not hold and were dropped"),
        sa.Column("dropped_because", sa.ARRAY(sa.String), comment="Why, one for each sentence that was dropped"),
        sa.Column("prompt_tokens", sa.Integer, comment="Tokens sent"),
        sa.Column("completion_tokens", sa.Integer, comment="Tokens received"),
        sa.Column("cost_usd", sa.Double, comment="Cost in US dollars; NULL if the price of the model is not known"),
        sa.Column("run_id", sa.String, comment="Run that asked; NULL for the command line"),
        sa.Column("written_at", sa.DateTime(timezone=True), comment="When the model answered"),
        comment="One row per team and complete week that a model was asked to put into words",
    )
    op.create_table(
        "week_sentences",
        sa.Column("team_id", sa.String, comment="The team: the GitHub login of its owner, in lower case"),
        sa.Column("week_start", sa.Date, comment="Monday of the week, in the team's time zone"),
        sa.Column("position", sa.Integer, comment="Place among the sentences of the week, from 1"),
        sa.Column("sentence", sa.String, comment="The model's sentence, plain text"),
        sa.Column("fact_keys", sa.ARRAY(sa.String), comment="Facts that it cites, in the order of its parts"),
        sa.Column("pull_request_ids", sa.ARRAY(sa.String), comment="Pull requests behind those facts, 20 at most"),
        sa.Column("pull_requests_count", sa.Integer, comment="How many pull requests are behind them"),
        comment="One row per sentence about a team's week that held when it was written; it is checked again wherever it is shown",
    )
