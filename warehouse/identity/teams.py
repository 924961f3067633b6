"""Teams by the node id of their owner: `team_id` follows the owner's login, and no row is left behind.

`team_id` is the login in lower case, so that SQL and addresses stay readable. If the owner is renamed, the id is
changed in every table at once; `teams.earlier_ids` keeps what it was, by which people, tokens and queued runs still
find it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
from sqlalchemy import Table

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.metrics.accounts.people import ACCOUNT_KEY
from warehouse.schema import key_of

TABLES_OF_TEAMS: tuple[Table, ...] = tuple(
    table for table in schema.metadata.sorted_tables if "team_id" in table.columns
)
"""Every table with rows of a team, `teams` among them."""

SETTINGS = ("timezone", "has_people_views", "days_back", "history_days", "created_at", "is_paused")
"""Columns of `teams` that the older of two teams keeps when they are merged."""


class TeamExists(PrflowError):
    """A team of that name exists already."""


@dataclass(frozen=True)
class KnownOwner:
    """What is known of an owner by an earlier sync. `earlier` are ids of the team before the owner was renamed."""

    login: str
    id: str | None = None
    database_id: int | None = None
    earlier: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The login, and the earlier ones, the newest first."""
        return (self.login, *reversed(self.earlier)) if self.login else ()


UNKNOWN = KnownOwner("")


def find_team(warehouse: Warehouse, name: str) -> str | None:
    """Return the id of the team that is or was called `name`, in any case; None if there is none."""
    row = warehouse.read_one(_BY_NAME, [name, name, name])
    return str(row["team_id"]) if row else None


def read_owner(warehouse: Warehouse, name: str, *, is_called: bool = False) -> KnownOwner:
    """Return what is known of the owner of the team that is called `name`, or was, unless `is_called`.

    Only the name if there is no such team.
    """
    row = warehouse.read_one(_BY_NAME, [name, name, name])
    if row is None or (is_called and row["team_id"] != name.lower()):
        return KnownOwner(name)
    others = set(warehouse.read("SELECT team_id FROM teams")["team_id"])
    earlier = tuple(name for name in row["earlier_ids"] or () if name not in others)  # or it is somebody else's now
    return KnownOwner(row["login"] or row["team_id"], row["id"], row["database_id"], earlier)


def read_teams_of(warehouse: Warehouse, owner_id: str) -> list[str]:
    """Return the ids of all teams of this owner, by its node id."""
    return warehouse.read("SELECT team_id FROM teams WHERE id = ? ORDER BY team_id", [owner_id])["team_id"].to_list()


def rename_team(warehouse: Warehouse, team_id: str, login: str) -> None:
    """Give a team the id of its owner's new login, in every table. Raises TeamExists if another team has that id."""
    new = login.lower()
    if new != team_id and warehouse.read_one("SELECT 1 AS found FROM teams WHERE team_id = ?", [new]) is not None:
        raise TeamExists(
            f"There is a team {new} already.", f"To make one of both: `prflow teams merge {team_id} {new}`."
        )

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute(_RENAME, {"old": team_id, "new": new, "login": login})
        _move(cursor, team_id, new)

    warehouse.transact(work)


def merge_teams(warehouse: Warehouse, source: str, target: str) -> None:
    """Move everything of the team `source` to the team `target`; of rows with the same key those of `target` stay.

    Settings are those of the older team; its status is that of `target`.
    """

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for table in TABLES_OF_TEAMS:
            # Keys without team_id are unique among all teams.
            if table is not schema.teams and "team_id" in key_of(table):
                cursor.execute(_delete_double(table), {"source": source, "target": target})
        cursor.execute(_MERGE, {"source": source, "target": target})
        cursor.execute("DELETE FROM teams WHERE team_id = ?", [source])
        _move(cursor, source, target)

    warehouse.transact(work)


def delete_team(warehouse: Warehouse, team_id: str, on_table: Callable[[str, int], None] | None = None) -> int:
    """Delete every row of a team from every table, in one transaction; return how many rows."""
    counts: dict[str, int] = {}

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for table in reversed(TABLES_OF_TEAMS):
            row = cursor.execute(f"DELETE FROM {table.name} WHERE team_id = ?", [team_id]).fetchone()  # noqa: S608
            counts[table.name] = int(row[0]) if row else 0
            if on_table is not None:
                on_table(table.name, counts[table.name])

    warehouse.transact(work)
    return sum(counts.values())


def count_rows(warehouse: Warehouse, team_id: str) -> dict[str, int]:
    """Return the number of a team's rows by table; tables without any are left out."""
    rows = warehouse.read(_COUNTS, {"team": team_id}).rows()
    return {name: count for _, name, count in sorted(rows) if count}


def move_repositories(warehouse: Warehouse, team_id: str, repository_ids: Sequence[str]) -> list[str]:
    """Move repositories of other teams to this one, with everything of them: they were transferred between owners.

    Returns the ids of those that moved.
    """
    sql = "SELECT id FROM repositories WHERE id IN (SELECT unnest(?::VARCHAR[])) AND team_id <> ?"
    moved = warehouse.read(sql, [list(repository_ids), team_id])["id"].to_list()
    if not moved:
        return []

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        parameters = {"team": team_id, "moved": moved}
        for table, key in (
            (schema.people, "account_id"),
            (schema.accounts, "id"),
            (schema.account_logins, "account_id"),
        ):
            cursor.execute(_copy_accounts(table, key), parameters)
        for table in TABLES_OF_TEAMS:
            if "pull_request_id" in table.columns:
                cursor.execute(_move_of_pull_requests(table), parameters)
        for table in TABLES_OF_TEAMS:
            if "repository_id" in table.columns and "pull_request_id" not in table.columns:
                cursor.execute(_move_of_repositories(table, "repository_id"), parameters)
        cursor.execute(_move_of_repositories(schema.repositories, "id"), parameters)

    warehouse.transact(work)
    return moved


# Names of tables and columns are those of the schema; values are bound.
def _move(cursor: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    for table in TABLES_OF_TEAMS:
        if table is not schema.teams and old != new:
            cursor.execute(f"UPDATE {table.name} SET team_id = $new WHERE team_id = $old", {"old": old, "new": new})  # noqa: S608
    for table in (
        schema.weekly_values,
        schema.weekly_calendar,
        schema.weekly_metrics_history,
        schema.insights,
    ):  # the id of the scope team is that of the team
        cursor.execute(
            f"UPDATE {table.name} SET scope_id = $new WHERE team_id = $new AND scope = 'team' AND scope_id = $old",  # noqa: S608
            {"old": old, "new": new},
        )


def _delete_double(table: Table) -> str:
    """Delete the rows of the source whose key the target has."""
    mine = {"scope_id": f"replace({table.name}.scope_id, $source, $target)"}
    rest = [name for name in key_of(table) if name != "team_id"]
    same = "".join(f" AND kept.{name} IS NOT DISTINCT FROM {mine.get(name, f'{table.name}.{name}')}" for name in rest)
    return (
        f"DELETE FROM {table.name} WHERE team_id = $source AND EXISTS "  # noqa: S608
        f"(SELECT 1 FROM {table.name} AS kept WHERE kept.team_id = $target{same})"
    )


def _move_of_pull_requests(table: Table) -> str:
    return (
        f"UPDATE {table.name} SET team_id = $team WHERE team_id <> $team AND pull_request_id IN "  # noqa: S608
        "(SELECT id FROM pull_requests WHERE repository_id IN (SELECT unnest($moved::VARCHAR[])) "
        "UNION SELECT pull_request_id FROM sync_items WHERE repository_id IN (SELECT unnest($moved::VARCHAR[])))"
    )


def _copy_accounts(table: Table, key: str) -> str:
    """Copy the accounts that appear in the repositories to the team, with what a person decided of them."""
    moved = "SELECT id FROM pull_requests WHERE repository_id IN (SELECT unnest($moved::VARCHAR[]))"
    seen = " UNION ".join(
        f"SELECT {ACCOUNT_KEY} AS key FROM {name} WHERE {column} IN ({moved})"  # noqa: S608
        for name, column in (("pull_requests", "id"), ("reviews", "pull_request_id"), ("comments", "pull_request_id"))
    )
    columns = [column.name for column in table.columns if column.name != "team_id"]
    same = " AND ".join(f"kept.{name} = source.{name}" for name in key_of(table) if name != "team_id")
    listed = ", ".join(f"source.{name}" for name in columns)
    return (
        f"INSERT INTO {table.name} (team_id, {', '.join(columns)}) SELECT DISTINCT $team, {listed} "  # noqa: S608
        f"FROM {table.name} AS source WHERE source.team_id <> $team AND source.{key} IN ({seen}) "
        f"AND source.team_id IN (SELECT team_id FROM repositories WHERE id IN (SELECT unnest($moved::VARCHAR[]))) "
        f"AND NOT EXISTS (SELECT 1 FROM {table.name} AS kept WHERE kept.team_id = $team AND {same})"
    )


def _move_of_repositories(table: Table, column: str) -> str:
    return (
        f"UPDATE {table.name} SET team_id = $team "  # noqa: S608
        f"WHERE team_id <> $team AND {column} IN (SELECT unnest($moved::VARCHAR[]))"
    )


# In one query, which is one state of the warehouse and costs half as much as one for each table.
_COUNTS = " UNION ALL ".join(
    f"SELECT {place}, '{table.name}', count(*) FROM {table.name} WHERE team_id = $team"  # noqa: S608
    for place, table in enumerate(TABLES_OF_TEAMS)
)
_BY_NAME = """
SELECT team_id, id, database_id, login, earlier_ids FROM teams
WHERE team_id = lower(?) OR list_contains(earlier_ids, lower(?)) ORDER BY team_id = lower(?) DESC, team_id LIMIT 1
"""
_RENAME = """
UPDATE teams SET team_id = $new, login = $login,
    earlier_ids = CASE WHEN $new = $old THEN earlier_ids
        ELSE list_filter(list_append(coalesce(earlier_ids, []), $old), lambda name: name <> $new) END
WHERE team_id = $old
"""
_MERGE = f"""
UPDATE teams SET earlier_ids = list_filter(
        list_distinct(list_concat(coalesce(source.earlier_ids, []), coalesce(teams.earlier_ids, []), [$source])),
        lambda name: name <> $target),
    {", ".join(f"{name} = CASE WHEN source.is_older THEN source.{name} ELSE teams.{name} END" for name in SETTINGS)}
FROM (
    SELECT s.*, coalesce(s.created_at <= t.created_at, t.created_at IS NULL) AS is_older
    FROM teams AS s, teams AS t WHERE s.team_id = $source AND t.team_id = $target
) AS source
WHERE teams.team_id = $target
"""  # noqa: S608
