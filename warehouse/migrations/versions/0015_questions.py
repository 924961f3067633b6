"""The comments after the questions to the model changed: values that cannot be told, facts of the rules."""

from alembic import op

revision = "0015"
down_revision = "0014"

COMMENTS = {
    "work_type": "feature, bugfix, refactor, performance, docs, test, build_ci, dependency, infra, security, chore or unclear",
    "risk": "low, medium, high or unclear",
    "risk_reasons": "From a closed list: what the model says it touches, then facts of the rules",
    "review_quality": "none, light or thorough in rows of older versions; no longer asked",
    "confidence": "low, medium or high, as the model rates its work type",
}


def upgrade() -> None:
    for column, words in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN pr_analysis.{column} IS '{words}'")
