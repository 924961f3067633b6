"""Views for SQL: the pull requests (or reviews) behind every metric and week, as many as its stored `n`.

One view for each source of metrics. They are written from the registry, so that SQL and pages count the same rows; they
are replaced when the metrics are computed by a version that defines one of them differently.
"""

from hashlib import sha256

import duckdb

from warehouse.connection import Warehouse
from warehouse.home.attaching import quoted
from warehouse.metrics.accounts.people import ACCOUNT_KEY, BOT_SUFFIX
from warehouse.metrics.formula import words_of
from warehouse.metrics.metric import ALWAYS, QUANTILES, Metric, Source
from warehouse.metrics.plausible import CLOCK_TOLERANCE, GIT_BEGAN, MAX_BEFORE_REPOSITORY
from warehouse.metrics.registry import metrics_with
from warehouse.schema import views

VIEWS: dict[Source, str] = {
    "pull_requests": "pull_requests_behind",
    "open_pull_requests": "open_pull_requests_behind",
    "reviews": "reviews_behind",
}
_COMMENTS = {
    "pull_requests": "The pull requests behind each metric, one row per metric and pull request, with its week",
    "open_pull_requests": "The pull requests open at the end of each week, one row per metric, week and pull request",
    "reviews": "The reviews behind each metric, one row per metric and review, with the week of its submission",
}

# Which weeks there are: from the oldest history of any repository on, as for `weekly_metrics`.
_TEAMS = """
teams_measured AS (
    SELECT t.team_id, coalesce(t.timezone, 'UTC') AS zone,
           (SELECT max(m.as_of) FROM pull_request_metrics m WHERE m.team_id = t.team_id) AS as_of,
           coalesce((SELECT min(r.history_from) FROM repositories r WHERE r.team_id = t.team_id AND r.is_followed),
                    (SELECT min(p.updated_at) FROM pull_requests p WHERE p.team_id = t.team_id)) AS history_from
    FROM teams t
)"""
_PERSON = "CASE WHEN m.author_lane IN ('person', 'ghost') THEN m.author_id ELSE m.requested_by_id END"
_PULL_REQUESTS = f"""
WITH {_TEAMS},
samples AS (
    SELECT m.* EXCLUDE (as_of), t.zone, t.as_of, t.history_from, {_PERSON} AS person_id
    FROM pull_request_metrics m JOIN teams_measured t USING (team_id)
)"""  # noqa: S608  constants of this module
# What bots do counts; commits whose dates cannot be do not.
_ACTIVITY = f"""
activity AS (
    SELECT id AS pull_request_id, created_at AS at FROM pull_requests
    UNION ALL SELECT id, closed_at FROM pull_requests
    UNION ALL SELECT pull_request_id, created_at FROM comments
    UNION ALL SELECT pull_request_id, created_at FROM review_comments
    UNION ALL SELECT pull_request_id, submitted_at FROM reviews
    UNION ALL SELECT pull_request_id, created_at FROM timeline_events WHERE kind <> 'CrossReferenced'
    UNION ALL
    SELECT c.pull_request_id, c.committed_at
    FROM commits c
    JOIN pull_requests p ON p.id = c.pull_request_id
    JOIN pull_request_metrics m ON m.pull_request_id = p.id
    LEFT JOIN repositories r ON r.id = p.repository_id
    WHERE c.committed_at >= greatest(TIMESTAMPTZ '{GIT_BEGAN:%Y-%m-%d} 00:00:00+00',
                                     r.created_at - INTERVAL {MAX_BEFORE_REPOSITORY.days} DAY)
      AND c.committed_at <= least(p.updated_at, m.merged_at) + INTERVAL {CLOCK_TOLERANCE.seconds} SECOND
)"""  # noqa: S608  constants of this module
_OPEN = f"""
WITH {_TEAMS},
weeks AS (
    SELECT team_id, zone, as_of, CAST(monday AS DATE) AS week_start,
           least(timezone(zone, monday + INTERVAL 7 DAY), as_of) AS ends_at
    FROM (
        SELECT *, unnest(generate_series(date_trunc('week', timezone(zone, history_from)),
                                         date_trunc('week', timezone(zone, as_of)), INTERVAL 7 DAY)) AS monday
        FROM teams_measured
    )
),{_ACTIVITY},
was_open AS (
    SELECT m.* EXCLUDE (as_of, last_activity_at), w.week_start, w.ends_at, {_PERSON} AS person_id
    FROM pull_request_metrics m JOIN weeks w USING (team_id)
    WHERE m.opened_at < w.ends_at AND (m.closed_at IS NULL OR m.closed_at >= w.ends_at)
),
samples AS (
    SELECT o.*, epoch(o.ends_at - o.opened_at) / 3600 AS open_hours,
           (SELECT epoch(o.ends_at - max(a.at)) / 3600 FROM activity a
            WHERE a.pull_request_id = o.pull_request_id AND a.at <= o.ends_at) AS idle_hours
    FROM was_open o
)"""  # noqa: S608  constants of this module
# A dismissed review counts as what it was. An event that does not name its review belongs to the dismissed one of the
# same place in time among those that no event names.
_STATES = """
dismissals AS (SELECT * FROM timeline_events WHERE kind = 'ReviewDismissed'),
named AS (
    SELECT r.id, arg_min(d.previous_value, (d.created_at, d.previous_value)) AS state
    FROM reviews r JOIN dismissals d ON d.pull_request_id = r.pull_request_id AND d.subject = r.id
    WHERE r.state = 'DISMISSED' GROUP BY r.id
),
nameless AS (
    SELECT r.id, d.previous_value AS state
    FROM (SELECT id, pull_request_id, submitted_at,
                 row_number() OVER (PARTITION BY pull_request_id ORDER BY submitted_at, id) AS place
          FROM reviews WHERE state = 'DISMISSED' AND id NOT IN (FROM (SELECT id FROM named))) r
    JOIN (SELECT *, row_number() OVER (PARTITION BY pull_request_id ORDER BY created_at, id) AS place
          FROM dismissals WHERE subject IS NULL) d USING (pull_request_id, place)
    WHERE r.submitted_at <= d.created_at
),
states AS (FROM named UNION ALL FROM nameless)"""
_IS_HUMAN = f"NOT coalesce(b.is_bot, {{row}}.author_kind = 'Bot' OR {{row}}.author_login LIKE '%{BOT_SUFFIX}', true)"
_REVIEWS = f"""
WITH {_TEAMS},{_STATES},
people_by_id AS (SELECT team_id, account_id, is_bot FROM people),
openers AS (SELECT id AS pull_request_id, {ACCOUNT_KEY} AS opener FROM pull_requests),
lines AS (
    SELECT c.pull_request_id, c.account_id, min(c.created_at) AS since
    FROM (SELECT *, {ACCOUNT_KEY} AS account_id FROM review_comments) c
    JOIN openers o USING (pull_request_id)
    LEFT JOIN people_by_id b USING (team_id, account_id)
    WHERE c.account_id <> o.opener AND {_IS_HUMAN.format(row="c")}
    GROUP BY ALL
),
samples AS (
    SELECT m.team_id, m.repository_id, r.pull_request_id, r.id AS review_id, r.account_id AS reviewer_id,
           NULL AS person_id, r.submitted_at, m.is_bot, m.excluded_by, m.is_complete, t.zone, t.as_of, t.history_from,
           CASE WHEN r.state = 'DISMISSED' THEN coalesce(s.state, r.state) ELSE r.state END AS state,
           coalesce(trim(r.body) <> '', false) OR coalesce(l.since <= r.submitted_at, false) AS has_words
    FROM (SELECT *, {ACCOUNT_KEY} AS account_id FROM reviews) r
    JOIN pull_request_metrics m USING (pull_request_id)
    JOIN teams_measured t ON t.team_id = m.team_id
    JOIN openers o USING (pull_request_id)
    LEFT JOIN people_by_id b ON b.team_id = m.team_id AND b.account_id = r.account_id
    LEFT JOIN states s ON s.id = r.id
    LEFT JOIN lines l ON l.pull_request_id = r.pull_request_id AND l.account_id = r.account_id
    WHERE r.submitted_at IS NOT NULL AND r.state <> 'PENDING' AND r.account_id <> o.opener
      AND {_IS_HUMAN.format(row="r")}
)"""  # noqa: S608  constants of this module
_SAMPLES: dict[Source, str] = {"pull_requests": _PULL_REQUESTS, "open_pull_requests": _OPEN, "reviews": _REVIEWS}
# Shares of what made it within a time; the value of the metric is by Kaplan and Meier.
_MADE_IT = {
    "reviewed_within_24h_share": "first_review_at - ready_at <= INTERVAL 24 HOUR",
    "merged_within_7d_share": "merged_at - ready_at <= INTERVAL 7 DAY",
}


def keep_views(warehouse: Warehouse) -> bool:
    """Create the views, or replace those that are of another version; return whether any was."""
    declared = {name: (str(view.info["sql"]), view.comment or "") for name, view in views().items()}
    wanted = declared | {name: (view_sql(source), _comment(source)) for source, name in VIEWS.items()}
    found = warehouse.read("SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'warehouse'")
    stored = dict(found.iter_rows())
    missing = {name: both for name, both in wanted.items() if stored.get(name) != both[1]}

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for name, (sql, comment) in missing.items():
            cursor.execute(f"CREATE OR REPLACE VIEW {name} AS {sql}")
            cursor.execute(f"COMMENT ON VIEW {name} IS '{quoted(comment)}'")

    if missing:
        warehouse.transact(work)
    return bool(missing)


def view_sql(source: Source) -> str:
    """Return the query of a view: one branch per metric, of which DuckDB runs those that are asked for."""
    branches = [_branch(metric) for metric in metrics_with(has_issues=True) if metric.source == source]
    return _SAMPLES[source] + "\n" + "\nUNION ALL\n".join(branches)


def condition_of(metric: Metric) -> str:
    """Return which rows count for the metric, of those of its period."""
    conditions = [] if metric.counts is ALWAYS else [words_of(metric.counts)]
    conditions += [] if metric.include_excluded else ["excluded_by IS NULL"]
    conditions += [] if metric.include_bots else ["NOT is_bot"]
    return " AND ".join(conditions) or "true"


def query_of(metric: Metric) -> str:
    """Return queries of its values by week as they are stored, and from the rows behind them if SQL can say it."""
    value = aggregate_of(metric)
    computed = f"{value} AS value, " if value else ""
    where = f"WHERE metric = '{metric.name}'"
    stored = "SELECT week_start, value, n, numerator, denominator, is_partial FROM weekly_metrics"
    behind = f"SELECT week_start, {computed}count(*) AS n FROM {VIEWS[metric.source]}"  # noqa: S608  names of ours
    return (
        f"{stored}\n{where} AND scope = 'team' ORDER BY week_start;\n\n"
        f"{behind}\n{where} GROUP BY week_start ORDER BY week_start;"
    )


def aggregate_of(metric: Metric) -> str:
    """Return what gives the value from the rows of the view; empty if that takes more than an aggregate."""
    if metric.statistic in QUANTILES:
        return f"quantile_cont(value, {QUANTILES[metric.statistic]})"
    if metric.name in _MADE_IT or metric.statistic in {"gini", "fewest"} or metric.name == "review_load_top3_share":
        return ""
    if metric.name == "reviewers":
        return "count(DISTINCT reviewer_id)"
    return "count(*)" if metric.statistic == "count" else "avg(value)"


def _branch(metric: Metric) -> str:
    week, is_placed = "week_start", "true"
    if metric.source != "open_pull_requests":
        monday = f"date_trunc('week', timezone(zone, {metric.placed_by}))"
        week = f"CAST({monday} AS DATE)"
        is_placed = f"{metric.placed_by} < as_of AND {monday} >= date_trunc('week', timezone(zone, history_from))"
    own = "review_id, reviewer_id" if metric.source == "reviews" else "person_id"
    return (
        f"SELECT '{metric.name}' AS metric, team_id, repository_id, {week} AS week_start, pull_request_id, {own}, "
        f"CAST({_value(metric)} AS DOUBLE) AS value, is_complete\n"
        f"FROM samples WHERE {is_placed} AND {condition_of(metric)}"
    )


def _value(metric: Metric) -> str:
    """Return what a row adds: its hours or lines, 1 or 0 for a share, 1 for a count."""
    if metric.column:
        return metric.column
    if made_it := _MADE_IT.get(metric.name):
        return f"coalesce({made_it}, false)"
    if metric.flag is not None:
        return f"coalesce({words_of(metric.flag)}, false)"
    if metric.statistic == "mean" and metric.numerator is not None:
        return str(metric.numerator.meta.root_names()[0])
    return "1"


def _comment(source: Source) -> str:
    """Return the comment of a view, which ends with what tells one version from another."""
    return f"{_COMMENTS[source]}. Definition {sha256(view_sql(source).encode()).hexdigest()[:12]}"
