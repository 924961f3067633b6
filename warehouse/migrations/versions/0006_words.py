"""Comments that left something out."""

from alembic import op

revision = "0006"
down_revision = "0005"

COMMENTS = {
    "pipeline_runs.flow": "onboarding, background, refresh, sync or analysis",
    "metric_catalogue.statistic": "count, median, p75, p90, mean, share or gini",
}


def upgrade() -> None:
    for column, words in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {column} IS '{words}'")
