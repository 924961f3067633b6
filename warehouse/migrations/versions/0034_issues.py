"""What pull requests are for, by the issues that they name."""

from alembic import op

revision = "0034"
down_revision = "0033"

ADDED = (
    (
        "issue_key",
        "VARCHAR",
        "Key of the issue of Jira that it counts for: the first that it names; NULL if none is known",
    ),
    ("issue_type", "VARCHAR", "Type of that issue, as the site calls it"),
    ("epic_key", "VARCHAR", "Key of the epic of that issue; NULL if it has none"),
    ("has_issue", "BOOLEAN", "True if it names an issue that Jira has; NULL while no issues are read"),
    (
        "is_unplanned",
        "BOOLEAN",
        "True if the issue is a bug, an incident or a problem, or of a type that the team calls unplanned; NULL if it has no issue",
    ),
    ("issue_started_at", "TIMESTAMPTZ", "When work on the issue began: its first status in progress"),
    (
        "in_production_at",
        "TIMESTAMPTZ",
        "When the first deployment to production that began after the merge had succeeded; NULL if none is known of its repository, if it was not merged to the default branch, and while no issues are read",
    ),
    (
        "issue_to_merge_hours",
        "DOUBLE",
        "From issue_started_at to the merge; NULL if work began after it, or is not known",
    ),
    ("issue_to_production_hours", "DOUBLE", "From issue_started_at to in_production_at; NULL if either is not known"),
)
NAME = "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author, off, ai-box, ai-branch, ai-trailer, ai-off, investment or unplanned; timezone, people, working-hours or holiday"


def upgrade() -> None:
    for name, kind, words in ADDED:
        op.execute(f"ALTER TABLE pull_request_metrics ADD COLUMN {name} {kind}")
        _comment(f"pull_request_metrics.{name}", words)
    _comment("team_settings.name", NAME)


def _comment(column: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON COLUMN {column} IS '{quoted}'")
