"""The login of today in every row: if an account was renamed, the rows that name it follow.

Rows keep the ids under which GitHub named the accounts, so what to change is found by comparing them with `accounts`:
a run that ends half-way leaves the rest to the next.
"""

from dataclasses import dataclass

import duckdb

from warehouse.connection import Warehouse


@dataclass(frozen=True)
class NamedColumn:
    """A column with logins, and the column with the node ids of the same accounts; `is_list` if both are lists."""

    table: str
    login: str
    id: str
    is_list: bool = False


NAMED_COLUMNS = (
    NamedColumn("pull_requests", "author_login", "author_id"),
    NamedColumn("pull_requests", "merged_by_login", "merged_by_id"),
    NamedColumn("pull_requests", "auto_merge_by_login", "auto_merge_by_id"),
    NamedColumn("pull_requests", "assignees", "assignee_ids", is_list=True),
    NamedColumn("pull_requests", "requested_reviewers", "requested_reviewer_ids", is_list=True),
    NamedColumn("reviews", "author_login", "author_id"),
    NamedColumn("review_comments", "author_login", "author_id"),
    NamedColumn("comments", "author_login", "author_id"),
    NamedColumn("commits", "author_login", "author_id"),
    NamedColumn("timeline_events", "actor_login", "actor_id"),
    NamedColumn("timeline_events", "subject", "subject_id"),
    NamedColumn("releases", "author_login", "author_id"),
    NamedColumn("deployments", "creator_login", "creator_id"),
    NamedColumn("people", "login", "account_id"),
    NamedColumn("team_members", "login", "id"),
    NamedColumn("organisation_team_members", "login", "account_id"),
)
"""Every pair of columns that names accounts. Tests compare them with the schema."""


def follow_logins(warehouse: Warehouse, team_id: str) -> dict[str, int]:
    """Write the login of today into the rows that have another; return how many rows changed, by table.

    All tables change in one transaction; nothing is written if nothing differs.
    """
    if warehouse.read_one(_RENAMED, [team_id]) is None:
        return {}
    differing = [column for column in NAMED_COLUMNS if _count(warehouse, column, team_id)]
    if not differing:
        return {}
    changed: dict[str, int] = {}

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        changed.clear()
        for column in differing:
            row = cursor.execute(_update(column), [team_id, team_id]).fetchone()
            changed[column.table] = changed.get(column.table, 0) + (int(row[0]) if row else 0)

    warehouse.transact(work)
    return changed


def _count(warehouse: Warehouse, column: NamedColumn, team_id: str) -> int:
    row = warehouse.read_one(_differing(column), [team_id, team_id])
    return int(row["count"]) if row else 0


_RENAMED = "SELECT 1 AS found FROM account_logins WHERE team_id = ? AND until IS NOT NULL LIMIT 1"


# Names of tables and columns are constants of this module; the team is bound.
def _differing(column: NamedColumn) -> str:
    if column.is_list:
        return f"""
            SELECT count(*) AS count FROM (
                SELECT unnest({column.id}) AS id, unnest({column.login}) AS login FROM {column.table} WHERE team_id = ?
            ) AS named JOIN accounts AS a ON a.team_id = ? AND a.id = named.id AND a.login <> named.login
        """  # noqa: S608
    return f"""
        SELECT count(*) AS count FROM {column.table} AS t
        JOIN accounts AS a ON t.team_id = ? AND a.team_id = ? AND a.id = t.{column.id} AND a.login <> t.{column.login}
    """  # noqa: S608


def _update(column: NamedColumn) -> str:
    if column.is_list:
        return f"""
            UPDATE {column.table} SET {column.login} = renamed.logins FROM (
                SELECT row_id, list(coalesce(a.login, named.login) ORDER BY place) AS logins,
                       bool_or(coalesce(a.login <> named.login, false)) AS is_changed
                FROM (
                    SELECT rowid AS row_id, unnest({column.id}) AS id, unnest({column.login}) AS login,
                           generate_subscripts({column.id}, 1) AS place
                    FROM {column.table} WHERE team_id = ?
                ) AS named
                LEFT JOIN accounts AS a ON a.team_id = ? AND a.id = named.id
                GROUP BY row_id
            ) AS renamed
            WHERE {column.table}.rowid = renamed.row_id AND renamed.is_changed
        """  # noqa: S608
    return f"""
        UPDATE {column.table} SET {column.login} = a.login FROM accounts AS a
        WHERE {column.table}.team_id = ? AND a.team_id = ? AND a.id = {column.table}.{column.id}
          AND a.login <> {column.table}.{column.login}
    """  # noqa: S608


def read_known_logins(warehouse: Warehouse, team_id: str) -> dict[str, str]:
    """Return the login of each known account of a team, by node id; not of those that GitHub no longer found."""
    sql = "SELECT id, login FROM accounts WHERE team_id = ? AND gone_at IS NULL"
    return dict(warehouse.read(sql, [team_id]).iter_rows())
