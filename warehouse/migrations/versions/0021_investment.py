"""The bucket that a pull request is invested in, and the rule that maps types of work to buckets."""

from alembic import op

revision = "0021"
down_revision = "0020"

COMMENTS = {
    "pull_request_metrics.investment": "new, improve, keep running, productivity or cannot tell, by work type; NULL if not analysed",
    "team_settings.name": "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author, off, ai-box, ai-branch, ai-trailer, ai-off or investment",
    "team_settings.value": "Label, beginning of a title, branch, login, words, sign or TYPE:BUCKET; * stands for anything",
}


def upgrade() -> None:
    op.execute("ALTER TABLE pull_request_metrics ADD COLUMN investment VARCHAR")
    for column, words in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {column} IS '{words}'")
