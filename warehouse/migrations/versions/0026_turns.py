"""Turns, what was changed again soon, and what reading a pull request cost."""

from alembic import op

revision = "0026"
down_revision = "0025"

TABLES = {
    "turns": (
        "One row per segment of a pull request's open life: whose turn it was. The segments sum to the time it was open",
        (
            ("pull_request_id", "VARCHAR", "Node id of the pull request"),
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("place", "INTEGER", "Place among the segments of the pull request, from 1"),
            ("turn", "VARCHAR", "author, review, merge (it is approved), or draft"),
            (
                "login",
                "VARCHAR",
                "The author; for review who was asked last or reviewed last (or the team that was asked). NULL if nobody in particular, and for merge and draft",
            ),
            ("started_at", "TIMESTAMPTZ", "When it began"),
            ("ended_at", "TIMESTAMPTZ", "When it ended; the time of the computation for the last one while it is open"),
            ("hours", "DOUBLE", "Its length"),
        ),
    ),
}
ADDED = {
    "pull_request_metrics": (
        ("waiting_on_author_hours", "DOUBLE", "Hours of its open life that were its author's turn; NULL if none"),
        ("waiting_on_review_hours", "DOUBLE", "Hours of its open life that were the reviewers' turn; NULL if none"),
        ("waiting_on_merge_hours", "DOUBLE", "Hours of its open life in which it was approved; NULL if none"),
        ("draft_hours", "DOUBLE", "Hours of its open life in which it was a draft; NULL if none"),
        (
            "is_retouched",
            "BOOLEAN",
            "True if another pull request that changes one of its files was merged within 21 days after it; NULL if those days are not over",
        ),
        (
            "model_cost_usd",
            "DOUBLE",
            "Cost of its reading by the model at list price, 0 by the rules; NULL if not known",
        ),
    ),
}
COMMENTS = {
    "metric_catalogue": {
        "unit": "hours, lines, count, share or usd",
        "statistic": "count, median, p75, p90, mean, share, gini or fewest",
    },
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
    for table, changed in COMMENTS.items():
        for name, words in changed.items():
            _comment(f"COLUMN {table}.{name}", words)


def _comment(place: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
