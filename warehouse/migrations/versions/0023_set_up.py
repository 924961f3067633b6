"""The step at which the set-up in the browser is."""

from alembic import op

revision = "0023"
down_revision = "0022"

COMMENTS = {
    "id": "Always current",
    "step": "connect, organisation, repositories or sync",
    "team_id": "The team that is set up; NULL before an organisation is chosen",
    "left_out": "Full names of the listed repositories that are not to be followed",
    "run_id": "Prefect's id of the import that was started; NULL before",
    "begun_at": "When the set-up began",
    "changed_at": "When its step last changed",
}


def upgrade() -> None:
    op.execute(
        "CREATE TABLE set_up (id VARCHAR, step VARCHAR, team_id VARCHAR, left_out VARCHAR[], run_id VARCHAR, "
        "begun_at TIMESTAMP WITH TIME ZONE, changed_at TIMESTAMP WITH TIME ZONE)"
    )
    op.execute("COMMENT ON TABLE set_up IS 'At most one row: the set-up in the browser that is under way'")
    for column, words in COMMENTS.items():
        text = words.replace("'", "''")
        op.execute(f"COMMENT ON COLUMN set_up.{column} IS '{text}'")
