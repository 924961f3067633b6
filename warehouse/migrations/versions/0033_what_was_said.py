"""What was said of a week stays known: values, rows, settings and definitions until something changed them."""

from alembic import op

revision = "0033"
down_revision = "0032"

TABLES = {
    "weekly_metrics_history": (
        "One row per value of weekly_metrics as it was until something changed it: what never changed has none",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("week_start", "DATE", "Monday, in the team's time zone"),
            ("scope", "VARCHAR", "team, repository, github_team or person"),
            ("scope_id", "VARCHAR", "As in weekly_metrics"),
            ("metric", "VARCHAR", "Name of the metric: see metric_catalogue"),
            ("value", "DOUBLE", "As it was said; NULL if there was nothing to measure"),
            ("numerator", "DOUBLE", "Part of a ratio; NULL for other metrics"),
            ("denominator", "DOUBLE", "Part of a ratio; NULL for other metrics"),
            ("n", "INTEGER", "Pull requests (or reviews) behind the value as it was said; 0 if there was no value"),
            ("is_complete", "BOOLEAN", "Whether the week was said to be over; NULL if nothing was said of it"),
            ("is_partial", "BOOLEAN", "Whether data of the week were missing; NULL if nothing was said of it"),
            ("is_uncovered", "BOOLEAN", "As in weekly_metrics; NULL if nothing was said of the week"),
            (
                "said_from",
                "TIMESTAMPTZ",
                "Since when this was said; NULL: since before prflow kept it, or the beginning",
            ),
            ("said_until", "TIMESTAMPTZ", "When another value took its place"),
        ),
    ),
    "earlier_rows": (
        "One row per row of pull_request_metrics or insights as it was until something changed it: what never changed has none",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("subject", "VARCHAR", "pull_request or insight"),
            ("subject_id", "VARCHAR", "Node id of the pull request, or id of the insight"),
            ("said", "VARCHAR", "The row as JSON, without names and titles; NULL if there was none"),
            (
                "said_from",
                "TIMESTAMPTZ",
                "Since when this was said; NULL: since before prflow kept it, or the beginning",
            ),
            ("said_until", "TIMESTAMPTZ", "When another row took its place"),
        ),
    ),
    "counted_with": (
        "One row per setting and definition with which a team's numbers were computed, and since when until when",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("kind", "VARCHAR", "setting or definition"),
            ("name", "VARCHAR", "Name of the setting: a rule, timezone, people, repository, bot; or of the metric"),
            ("value", "VARCHAR", "Value of the setting; how the metric is computed, and its version"),
            ("said_from", "TIMESTAMPTZ", "First computation with it"),
            ("said_until", "TIMESTAMPTZ", "First computation without it; NULL while it is in force"),
        ),
    ),
    "computations": (
        "One row per computation of a team's numbers: since the first one, what was said is kept",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("said_at", "TIMESTAMPTZ", "When the numbers were computed"),
            ("as_of", "TIMESTAMPTZ", "Time as of which they were computed"),
        ),
    ),
}
ADDED = {
    "pull_request_metrics": (
        (
            "reviews_count",
            "INTEGER",
            "Submitted reviews by humans other than the author, drafts and after the merge included",
        ),
        ("approvals_count", "INTEGER", "Those of reviews_count that approved when they were submitted"),
    ),
}


def upgrade() -> None:
    for table, (comment, columns) in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind, _ in columns)})")
        _comment(f"TABLE {table}", comment)
        for name, _, words in columns:
            _comment(f"COLUMN {table}.{name}", words)
    for table, added in ADDED.items():
        for name, kind, words in added:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            _comment(f"COLUMN {table}.{name}", words)
    # What stands in the warehouse has been said since it was computed: the history begins with it.
    op.execute(
        "INSERT INTO computations SELECT team_id, max(as_of), max(as_of) FROM weekly_metrics "
        "WHERE as_of IS NOT NULL GROUP BY team_id"
    )


def _comment(place: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
