"""Weekly values are stored only where there is anything behind them; weekly_metrics is a view with the empty weeks, too."""

from alembic import op

revision = "0038"
down_revision = "0037"

TABLES = {
    "weekly_values": (
        "One row per (team, week, scope, metric) with anything behind it: weekly_metrics has the other weeks, too",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("week_start", "DATE", "Monday, in the team's time zone"),
            ("scope", "VARCHAR", "team, repository, github_team (a team within the organisation) or person"),
            ("scope_id", "VARCHAR", "The team's id, the node id of the repository or of the GitHub team, or the login"),
            ("metric", "VARCHAR", "Name of the metric: see metric_catalogue"),
            ("value", "DOUBLE", "NULL, not 0, if there is nothing to measure"),
            ("numerator", "DOUBLE", "Part of a ratio; NULL for other metrics"),
            ("denominator", "DOUBLE", "Part of a ratio; NULL for other metrics"),
            ("n", "INTEGER", "Pull requests (or reviews) behind the value"),
            ("is_complete", "BOOLEAN", "False while the week is not over"),
            (
                "is_partial",
                "BOOLEAN",
                "True if data of this week are missing: a repository is not fetched that far back, or a pull request is incomplete",
            ),
            ("as_of", "TIMESTAMPTZ", "Time as of which this was computed"),
            (
                "is_uncovered",
                "BOOLEAN",
                "True if it is partial since something is not fetched that can count in this week, not only since a pull request behind it is incomplete",
            ),
        ),
    ),
    "weekly_calendar": (
        "One row per (team, week, scope): the weeks that weekly_metrics has, and whether data of them are missing",
        (
            ("team_id", "VARCHAR", "The team: the GitHub login of its owner, in lower case"),
            ("week_start", "DATE", "Monday, in the team's time zone"),
            ("scope", "VARCHAR", "team, repository, github_team or person"),
            ("scope_id", "VARCHAR", "As in weekly_metrics"),
            ("is_complete", "BOOLEAN", "False while the week is not over"),
            ("is_partial", "BOOLEAN", "True if something is not fetched that can count in this week"),
            ("is_partial_of_ended", "BOOLEAN", "The same for what was merged or closed, among which nothing is open"),
            ("is_partial_of_open", "BOOLEAN", "The same for what is open, of which the oldest is fetched last"),
            ("as_of", "TIMESTAMPTZ", "Time as of which this was computed"),
        ),
    ),
}
VIEW = """
SELECT team_id, week_start, scope, scope_id, metric, value, numerator, denominator, n, is_complete, is_partial, as_of,
       is_uncovered
FROM weekly_values
UNION ALL
SELECT team_id, week_start, scope, scope_id, metric, value, NULL, NULL, 0, is_complete, is_uncovered, as_of,
       is_uncovered
FROM (
    SELECT c.team_id, c.week_start, c.scope, c.scope_id, c.is_complete, c.as_of, m.metric,
           CASE WHEN m.statistic = 'count' THEN 0.0::DOUBLE END AS value,
           CASE WHEN m.placed_by = 'week_end' THEN c.is_partial_of_open
                WHEN m.placed_by IN ('merged_at', 'closed_at') THEN c.is_partial_of_ended
                ELSE c.is_partial END AS is_uncovered
    FROM weekly_calendar c JOIN metric_catalogue m ON c.scope <> 'person' OR m.has_person_view
)
ANTI JOIN weekly_values USING (team_id, week_start, scope, scope_id, metric)
"""
VIEW_COMMENT = (
    "One row per (team, week, scope, metric), those without anything behind them too: a view of weekly_values, "
    "weekly_calendar and metric_catalogue"
)
FILL = (
    "INSERT INTO weekly_values BY NAME SELECT * FROM weekly_metrics WHERE n > 0",
    # What a row without anything behind it lacks is not fetched; before it was kept, partial was all that was known.
    """
INSERT INTO weekly_calendar
SELECT team_id, week_start, scope, scope_id, is_complete, coalesce(other, partial), coalesce(ended, other, partial),
       coalesce(still_open, other, partial), as_of
FROM (
    SELECT team_id, week_start, scope, scope_id, bool_and(is_complete) AS is_complete, max(as_of) AS as_of,
           bool_or(is_partial) AS partial,
           bool_or(lacks) FILTER (kind = 'ended') AS ended,
           bool_or(lacks) FILTER (kind = 'open') AS still_open,
           bool_or(lacks) FILTER (kind = 'other') AS other
    FROM (
        SELECT w.*, coalesce(w.is_uncovered, CASE WHEN w.n = 0 THEN w.is_partial END) AS lacks,
               CASE WHEN m.placed_by = 'week_end' THEN 'open'
                    WHEN m.placed_by IN ('merged_at', 'closed_at') THEN 'ended' ELSE 'other' END AS kind
        FROM weekly_metrics w LEFT JOIN metric_catalogue m USING (metric)
    )
    GROUP BY ALL
)
""",
    "UPDATE metric_catalogue SET has_person_view = metric IN (SELECT metric FROM weekly_metrics WHERE scope = 'person')",
)


def upgrade() -> None:
    for table, (comment, columns) in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind, _ in columns)})")
        _comment(f"TABLE {table}", comment)
        for name, _, words in columns:
            _comment(f"COLUMN {table}.{name}", words)
    op.execute("ALTER TABLE metric_catalogue ADD COLUMN has_person_view BOOLEAN")
    _comment(
        "COLUMN metric_catalogue.has_person_view",
        "True if it is computed for each person, too, if the team allows it",
    )
    for statement in FILL:
        op.execute(statement)
    op.execute("DROP TABLE weekly_metrics")
    op.execute(f"CREATE VIEW weekly_metrics AS {VIEW}")
    _comment("VIEW weekly_metrics", VIEW_COMMENT)


def _comment(place: str, words: str) -> None:
    quoted = words.replace("'", "''")
    op.execute(f"COMMENT ON {place} IS '{quoted}'")
