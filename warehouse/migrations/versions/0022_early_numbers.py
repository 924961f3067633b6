"""Whether a team opens its pages before the reading ends, and when a run did so."""

from alembic import op

revision = "0022"
down_revision = "0021"

OPENS_EARLY = "True if its pages open with the numbers that need no reading, before the reading ends"
OPENED_AT = "When it opened the pages before its end; NULL if it did not"


def upgrade() -> None:
    op.execute("ALTER TABLE teams ADD COLUMN opens_early BOOLEAN")
    op.execute(f"COMMENT ON COLUMN teams.opens_early IS '{OPENS_EARLY}'")
    op.execute("ALTER TABLE pipeline_runs ADD COLUMN opened_at TIMESTAMPTZ")
    op.execute(f"COMMENT ON COLUMN pipeline_runs.opened_at IS '{OPENED_AT}'")
