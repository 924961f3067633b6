"""Every table of the warehouse, declared once.

From these come the DDL (through the migrations), the Polars schemas of the frames that are written,
the column comments that an analyst sees in SQL, and `docs/tables.md`.

DuckLake has no primary keys: `info["key"]` is the natural key on which rows are merged, and
`info["guard"]` the column that must not go backwards when a row is replaced.

Conventions: `_at` is a timestamp in UTC, `week_start` a Monday, `_hours` a duration in hours,
`_count` a whole number, `_share` a ratio from 0 to 1, `is_`/`has_` a boolean. NULL means "not known" or
"did not happen", never 0. `id` is GitHub's node id if GitHub has one.

Each file holds the tables of one subject; all of them, and the frames of their rows, have their names here.
"""

from sqlalchemy import Table

from warehouse.schema.analysis import analysis_leases, llm_replies, pr_analysis, reading_checks, second_readings
from warehouse.schema.columns import AnyColumn, AnyType, Kind, metadata, views_metadata
from warehouse.schema.frames import frame, key_of, polars_schema, sql_type
from warehouse.schema.github import (
    comments,
    commits,
    deployments,
    files,
    pull_requests,
    raw_answers,
    releases,
    repositories,
    review_comments,
    review_threads,
    reviews,
    timeline_events,
)
from warehouse.schema.identity import (
    account_logins,
    accounts,
    organisation_team_members,
    organisation_teams,
    people,
    team_members,
    team_memberships,
)
from warehouse.schema.jira import jira_issues, jira_links, jira_sites, jira_transitions
from warehouse.schema.metrics import pull_request_metrics, turns
from warehouse.schema.notifications import events, messages, problems
from warehouse.schema.runs import github_tokens, locks, pipeline_runs, short_lists, sync_items
from warehouse.schema.team import api_keys, recipients, saved_views, set_up, team_settings, teams
from warehouse.schema.weeks import (
    computations,
    counted_with,
    earlier_rows,
    insight_dismissals,
    insights,
    metric_catalogue,
    week_sentences,
    week_summaries,
    weekly_calendar,
    weekly_metrics,
    weekly_metrics_history,
    weekly_values,
)

__all__ = [
    "AnyColumn",
    "AnyType",
    "Kind",
    "account_logins",
    "accounts",
    "analysis_leases",
    "api_keys",
    "comments",
    "commits",
    "computations",
    "counted_with",
    "deployments",
    "earlier_rows",
    "events",
    "files",
    "frame",
    "github_tokens",
    "insight_dismissals",
    "insights",
    "jira_issues",
    "jira_links",
    "jira_sites",
    "jira_transitions",
    "key_of",
    "llm_replies",
    "locks",
    "messages",
    "metadata",
    "metric_catalogue",
    "organisation_team_members",
    "organisation_teams",
    "people",
    "pipeline_runs",
    "polars_schema",
    "pr_analysis",
    "problems",
    "pull_request_metrics",
    "pull_requests",
    "raw_answers",
    "readable_tables",
    "reading_checks",
    "recipients",
    "releases",
    "repositories",
    "review_comments",
    "review_threads",
    "reviews",
    "saved_views",
    "second_readings",
    "set_up",
    "short_lists",
    "sql_type",
    "sync_items",
    "team_members",
    "team_memberships",
    "team_settings",
    "teams",
    "timeline_events",
    "turns",
    "views",
    "week_sentences",
    "week_summaries",
    "weekly_calendar",
    "weekly_metrics",
    "weekly_metrics_history",
    "weekly_values",
]


def views() -> dict[str, Table]:
    """Return the views that are declared here, by name; `info["sql"]` is the query of each."""
    return dict(views_metadata.tables)


def readable_tables() -> dict[str, Table]:
    """Return all tables and views by name, in alphabetical order: what a reader of SQL finds."""
    return dict(sorted({**metadata.tables, **views_metadata.tables}.items()))
