"""Whether a team chose to begin without a model."""

from alembic import op

revision = "0018"
down_revision = "0017"

COMMENT = "True if the rules alone read, by choice, until there is a key of a model"


def upgrade() -> None:
    op.execute("ALTER TABLE teams ADD COLUMN is_without_model BOOLEAN")
    op.execute(f"COMMENT ON COLUMN teams.is_without_model IS '{COMMENT}'")
