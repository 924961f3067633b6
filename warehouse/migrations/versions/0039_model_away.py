"""What `waiting_for` says while the model does not respond."""

from alembic import op

revision = "0039"
down_revision = "0038"

WORDS = "github, llm for its limit, or llm_away while the model does not respond"


def upgrade() -> None:
    op.execute(f"COMMENT ON COLUMN pipeline_runs.waiting_for IS '{WORDS}'")
