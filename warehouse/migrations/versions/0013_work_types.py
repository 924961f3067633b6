"""The work types that the rules and the model gave, beside the one that counts."""

from alembic import op

revision = "0013"
down_revision = "0012"

COLUMNS = {
    "work_type_by_rule": "What the rules say or guess; NULL if they cannot tell",
    "work_type_by_model": "What the model said, which corrects a guess of the rules; NULL if it was not asked",
}


def upgrade() -> None:
    for column, words in COLUMNS.items():
        op.execute(f"ALTER TABLE pr_analysis ADD COLUMN {column} VARCHAR")
        op.execute(f"COMMENT ON COLUMN pr_analysis.{column} IS '{words}'")
