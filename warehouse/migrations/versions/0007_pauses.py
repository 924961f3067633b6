"""Until when a token may not be used: a run that was killed in a pause is continued after it."""

from alembic import op

revision = "0007"
down_revision = "0006"

COMMENT = "Until when a secondary limit forbids to ask with it; NULL where none does"


def upgrade() -> None:
    op.execute("ALTER TABLE github_tokens ADD COLUMN paused_until TIMESTAMPTZ")
    op.execute(f"COMMENT ON COLUMN github_tokens.paused_until IS '{COMMENT}'")
