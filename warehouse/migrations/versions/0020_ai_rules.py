"""The comments on team_settings name the rules on signs of AI assistance."""

from alembic import op

revision = "0020"
down_revision = "0019"

COMMENTS = {
    "name": "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author, off, ai-box, ai-branch, ai-trailer or ai-off",
    "value": "Label, beginning of a title, branch, login, words or sign; * stands for anything",
}


def upgrade() -> None:
    for column, words in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN team_settings.{column} IS '{words}'")
