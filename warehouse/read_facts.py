"""Read the facts that the metrics of one team are computed from, at one snapshot.

Bodies stay in the warehouse unless they may name what a pull request reverts.
"""

import duckdb
import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.flags import is_jira_on
from warehouse.metrics.accounts.people import ACCOUNT_KEY
from warehouse.metrics.facts import COLUMNS, Facts
from warehouse.metrics.outcomes.revert_text import MAY_BE_BODY

__all__ = ["Facts", "UnknownTeam", "facts_schema", "read_facts"]

_LAST_STORED = "(SELECT max(p.updated_at) FROM pull_requests p WHERE p.id = sync_items.pull_request_id)"
# Numbers are given in the order of opening. Items of an earlier version do not know when they were opened.
_OPENED_BEFORE = (
    "(SELECT max(p.created_at) FROM pull_requests p "
    "WHERE p.repository_id = sync_items.repository_id AND p.number < sync_items.number)"
)
# Only what a metric needs leaves the warehouse: a body may be 65,000 characters long.
_EXPRESSIONS = {
    ("pull_requests", "body"): f"CASE WHEN contains(lower(body), '{MAY_BE_BODY}') THEN body END",
    ("reviews", "body"): "CASE WHEN trim(body) <> '' THEN 'said' END",
    **{(table, "author_id"): ACCOUNT_KEY for table in ("pull_requests", "reviews", "review_comments", "comments")},
    ("sync_items", "created_at"): f"coalesce({_LAST_STORED}, created_at, {_OPENED_BEFORE})",
}
_TEAM = "SELECT timezone, has_people_views, as_of - to_days(history_days) FROM teams WHERE team_id = ?"
_FOLLOWED = "SELECT id FROM repositories WHERE team_id = $team_id AND is_followed"
_OF_FOLLOWED = f"SELECT id FROM pull_requests WHERE team_id = $team_id AND repository_id IN ({_FOLLOWED})"  # noqa: S608  constants
_STORED_SINCE = (
    "SELECT 1 FROM pull_requests AS stored "
    "WHERE stored.id = sync_items.pull_request_id AND stored.updated_at >= sync_items.updated_at"
)
_CONDITIONS = {
    "repositories": "is_followed",
    "pull_requests": f"repository_id IN ({_FOLLOWED})",
    "people": "true",
    "team_settings": "true",
    "account_logins": "true",
    "organisation_teams": "true",
    "team_memberships": "true",
    "deployments": f"repository_id IN ({_FOLLOWED})",
    "jira_sites": "true",
    "jira_issues": "true",
    # A pull request whose fetch failed in one run is no longer missing once another run has fetched it.
    "sync_items": f"state <> 'done' AND repository_id IN ({_FOLLOWED}) AND NOT EXISTS ({_STORED_SINCE})",
}


# What the numbers of issues are computed from, beside the pull requests.
OF_ISSUES = frozenset({"jira_sites", "jira_links", "jira_issues"})
# What tells which reviews were submitted by whom, in which state and with which words.
REVIEW_TABLES = frozenset({"pull_requests", "reviews", "review_comments", "comments", "timeline_events", "people"})


def read_facts(warehouse: Warehouse, team_id: str) -> Facts:
    """Read everything of one team from one snapshot, so that a commit in between cannot split it."""
    return _read(warehouse, team_id, tables_of_metrics())


def read_review_facts(warehouse: Warehouse, team_id: str) -> Facts:
    """Read what the rows about reviews are computed from; the other tables are empty."""
    return _read(warehouse, team_id, REVIEW_TABLES)


def _read(warehouse: Warehouse, team_id: str, tables: frozenset[str]) -> Facts:
    with warehouse.cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        facts = read_tables(cursor, team_id, tables)
        cursor.execute("COMMIT")
    return facts


def tables_of_metrics() -> frozenset[str]:
    """Return the tables that numbers are computed from."""
    return frozenset(COLUMNS) - (frozenset() if is_jira_on() else OF_ISSUES)


def read_tables(cursor: duckdb.DuckDBPyConnection, team_id: str, tables: frozenset[str]) -> Facts:
    """Read these tables of one team, in the transaction of the cursor; the others are empty."""
    team = cursor.execute(_TEAM, [team_id]).fetchone()
    if team is None:
        raise UnknownTeam(team_id)
    frames = {
        name: _read_table(cursor, name, team_id) if name in tables else pl.DataFrame(schema=facts_schema(name))
        for name in COLUMNS
    }
    timezone, has_people_views, history_start = team
    return Facts(
        team_id=team_id,
        timezone=timezone or "UTC",
        has_people_views=bool(has_people_views),
        history_start=history_start,
        has_issues=tables >= OF_ISSUES,
        **frames,  # type: ignore[arg-type]
    )


def _read_table(cursor: duckdb.DuckDBPyConnection, name: str, team_id: str) -> pl.DataFrame:
    rows = cursor.execute(select_rows(name), {"team_id": team_id}).pl()
    # In one piece: rows of a share are gathered three times as quickly from it as from many.
    return rows.cast(facts_schema(name)).rechunk()  # type: ignore[arg-type]


def select_rows(name: str, condition: str | None = None) -> str:
    """Return the query of one table's rows, of the team that is bound as `team_id`.

    Without a condition those of repositories that are followed.
    """
    columns = ", ".join(f"{_EXPRESSIONS.get((name, column), column)} AS {column}" for column in COLUMNS[name])
    condition = condition or _CONDITIONS.get(name, f"pull_request_id IN ({_OF_FOLLOWED})")
    # Names and conditions are constants of this module; the team is bound.
    return f"SELECT {columns} FROM {name} WHERE team_id = $team_id AND {condition}"  # noqa: S608


def facts_schema(name: str) -> dict[str, pl.DataType]:
    """Return the names and types of one frame of `Facts`."""
    types = schema.polars_schema(schema.metadata.tables[name])
    return {column: types[column] for column in COLUMNS[name]}
