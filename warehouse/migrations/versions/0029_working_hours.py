"""Durations in the working hours of a team."""

from alembic import op

revision = "0029"
down_revision = "0028"

ADDED = {
    "pull_request_metrics": (
        ("coding_work_hours", "DOUBLE", "coding_hours in the team's working hours; NULL if not set"),
        ("pickup_work_hours", "DOUBLE", "pickup_hours in the team's working hours; NULL if not set"),
        ("review_work_hours", "DOUBLE", "review_hours in the team's working hours; NULL if not set"),
        ("merge_work_hours", "DOUBLE", "merge_hours in the team's working hours; NULL if not set"),
        ("unreviewed_work_hours", "DOUBLE", "unreviewed_hours in the team's working hours; NULL if not set"),
        ("cycle_time_work_hours", "DOUBLE", "cycle_time_hours in the team's working hours; NULL if not set"),
        ("time_to_merge_work_hours", "DOUBLE", "time_to_merge_hours in the team's working hours; NULL if not set"),
        ("first_response_work_hours", "DOUBLE", "first_response_hours in the team's working hours; NULL if not set"),
        ("first_review_work_hours", "DOUBLE", "first_review_hours in the team's working hours; NULL if not set"),
    ),
}
COMMENTS = {
    "team_settings": {
        "name": "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author, off, ai-box, ai-branch, ai-trailer, ai-off or investment; timezone, people, working-hours or holiday",
        "value": "Label, beginning of a title, branch, login, words, sign or TYPE:BUCKET; * stands for anything. A zone, on or off, days and hours, or a date",
    },
}


def upgrade() -> None:
    for table, added in ADDED.items():
        for name, kind, words in added:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            _comment(f"COLUMN {table}.{name}", words)
    for table, changed in COMMENTS.items():
        for name, words in changed.items():
            _comment(f"COLUMN {table}.{name}", words)


def _comment(place: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
