"""What counts: a team's settings, and per pull request how it was merged and why it does not count."""

from alembic import op

revision = "0014"
down_revision = "0013"

SETTINGS = "One row per value of a team's setting: what counts as merged, as a release, and what is left out"
SETTINGS_COLUMNS = (
    ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
    (
        "name",
        "VARCHAR",
        "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author or off",
    ),
    ("value", "VARCHAR", "Label, beginning of a title, branch or login; * stands for anything"),
    ("set_at", "TIMESTAMPTZ", "When a person set it"),
)
ADDED = {
    "pull_request_metrics": (
        (
            "landed_by",
            "VARCHAR",
            "What says that a bot merged it and then closed it: title, label, or commit (one that closed it). It counts as merged when it was closed. NULL for others",
        ),
        (
            "merged_by_login",
            "VARCHAR",
            "Who had it merged: who put it into the merge queue or switched auto-merge on, if a bot merged it; else who merged it. NULL if not merged",
        ),
        (
            "merged_through",
            "VARCHAR",
            "merge_queue, auto_merge, or bot for one that was merged and closed by a bot; NULL if a person merged it",
        ),
        (
            "is_release",
            "BOOLEAN",
            "True if it takes one long-lived branch to another: a release or a back-merge, whose commits are those of other pull requests",
        ),
        (
            "excluded_by",
            "VARCHAR",
            "Why it does not count: release, or a rule of the team: label LABEL, title TITLE, base BRANCH or author LOGIN. NULL if it counts",
        ),
    ),
}
CHANGED = {
    "COLUMN pull_request_metrics.is_reverted": "True if a later merged pull request reverts it and was not reverted itself",
    "COLUMN pull_request_metrics.state": "OPEN, MERGED (by a bot that closed it, too) or CLOSED, as of the computation",
    "COLUMN pull_request_metrics.merged_at": "When it was merged: GitHub's mergedAt, or when the bot that merged it closed it",
}


def upgrade() -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in SETTINGS_COLUMNS)
    op.execute(f"CREATE TABLE team_settings ({columns})")
    _comment("TABLE team_settings", SETTINGS)
    for name, _, comment in SETTINGS_COLUMNS:
        _comment(f"COLUMN team_settings.{name}", comment)
    for table, added in ADDED.items():
        for name, kind, comment in added:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            _comment(f"COLUMN {table}.{name}", comment)
    for place, comment in CHANGED.items():
        _comment(place, comment)


def _comment(place: str, comment: str) -> None:
    quoted = comment.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
