"""Decide from the parsed statement whether it does nothing but read.

DuckDB's own parser turns a SELECT into JSON and refuses to do so for anything else; the walk over that tree then looks
at every function and table by name. Functions in FROM must be on a list of allowed ones: those of extensions that
write (`ducklake_expire_snapshots`, `postgres_execute`) are table functions like any other.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

from warehouse.sandbox.errors import QueryFailed, QueryRefused

MAX_SQL_LENGTH = 100_000

# An object of the parsed statement, as DuckDB writes it in JSON.
Node = dict[str, Any]

TABLE_FUNCTIONS = frozenset(
    [
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_schemas",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "ducklake_snapshots",
        "ducklake_table_changes",
        "ducklake_table_deletions",
        "ducklake_table_info",
        "ducklake_table_insertions",
        "generate_series",
        "json_each",
        "json_tree",
        "pg_timezone_names",
        "pragma_version",
        "range",
        "repeat",
        "repeat_row",
        "snapshots",
        "summary",
        "table_changes",
        "table_deletions",
        "table_info",
        "table_insertions",
        "unnest",
    ]
)
"""Functions that may stand in FROM: they make rows, or describe tables."""

SECRETIVE = frozenset(
    [
        "current_setting",
        "duckdb_databases",
        "duckdb_external_file_cache",
        "duckdb_log_contexts",
        "duckdb_logs",
        "duckdb_prepared_statements",
        "duckdb_secrets",
        "duckdb_settings",
        "duckdb_temporary_files",
        "getenv",
        "getvariable",
        "pg_settings",
        "glob",
        "json_execute_serialized_sql",
        "json_serialize_plan",
        "pg_sleep",
        "pragma_database_list",
        "query",
        "query_table",
        "sleep_ms",
        "which_secret",
        "write_log",
    ]
)
"""Functions and views that tell of the machine or hold addresses and passwords, or that do something.

`json_serialize_plan` binds a text as SQL, and with `optimize` computes what does not vary in it: a setting, an address.
"""

CATALOGS = frozenset({"", "warehouse", "memory", "system", "temp", "main", "information_schema", "pg_catalog"})
"""What may stand before a table's name. The lake's own catalog is a database of its own, with whatever is beside it."""

EXPLAIN = re.compile(r"\s*explain\b\s*(?:analyze\b|\([^)]*\))?", re.IGNORECASE)
COMMENT = re.compile(r"\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/)", re.DOTALL)


def check_query(cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the one statement in `sql`; QueryRefused if it may do more than read, QueryFailed if it does not parse.

    `cursor` only parses: nothing of `sql` runs.
    """
    if not sql.strip():
        raise QueryFailed("The query is empty.")
    if len(sql) > MAX_SQL_LENGTH or "\0" in sql:
        raise QueryRefused(f"A query is at most {MAX_SQL_LENGTH:,} characters of text.")
    try:
        statements = [one.type.name for one in cursor.extract_statements(sql)]
        if inner := _explained(sql, statements):
            check_query(cursor, inner)
        elif _is_open_pivot(statements):
            _check_names(cursor, _names_in_pivot(sql))
        elif statements != ["SELECT"]:
            raise QueryRefused(_refusal(statements))
        else:
            _check_tree(_parse(cursor, sql))
    except duckdb.Error as error:
        raise QueryFailed(str(error).strip()) from None
    except RecursionError:
        raise QueryRefused("The query is nested too deeply.") from None
    return sql


def _explained(sql: str, statements: list[str]) -> str:
    """Return the statement behind EXPLAIN: EXPLAIN ANALYZE would run it, whatever it is. Empty if there is none."""
    if statements != ["EXPLAIN"]:
        return ""
    text = sql
    while comment := COMMENT.match(text):
        text = text[comment.end() :]
    found = EXPLAIN.match(text)
    return text[found.end() :] if found else ""


def _is_open_pivot(statements: list[str]) -> bool:
    """Return whether this is a PIVOT without IN: DuckDB makes an enum of its values first, and gives no tree."""
    return len(statements) > 1 and statements[-1] == "SELECT" and set(statements[:-1]) == {"CREATE"}


def _names_in_pivot(sql: str) -> list[str]:
    """Return every name in a PIVOT, in lower case; QueryRefused if the text is not one."""
    if re.search(r"\bcreate\b", sql, re.IGNORECASE) or not re.search(r"\bpivot\b", sql, re.IGNORECASE):
        raise QueryRefused("Only a SELECT or another statement that reads may be run.")
    return [name.strip('"').lower() for name in re.findall(r"\"[^\"]+\"|\w+", sql)]


def _check_names(cursor: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """Refuse every function of DuckDB or an extension that may not stand in FROM, wherever its name stands.

    No function that is left runs a text as SQL, so no name can be put together where it is not seen. A column that is
    called like such a function is refused with it.
    """
    known = {str(row[0]) for row in cursor.execute(_TABLE_FUNCTIONS_SQL).fetchall()} - TABLE_FUNCTIONS
    for name in names:
        if name in SECRETIVE or name in known or name.startswith(("ducklake_", "postgres_", "sqlite_", "read_", "__")):
            raise QueryRefused(f"`{name}` may not be used here.")


_TABLE_FUNCTIONS_SQL = """
SELECT DISTINCT lower(function_name) FROM duckdb_functions()
WHERE function_type IN ('table', 'table_macro', 'pragma')
"""


def _refusal(statements: list[str]) -> str:
    if len(statements) > 1:
        return f"Only one statement may be run, not {len(statements)}."
    kind = statements[0].replace("_", " ") if statements else "nothing"
    return f"Only a SELECT or another statement that reads may be run, not {kind}."


def _parse(cursor: duckdb.DuckDBPyConnection, sql: str) -> Node:
    row = cursor.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    tree: Node = json.loads(row[0]) if row else {"error": True}
    if tree.get("error"):
        raise QueryRefused("Only a SELECT or another statement that reads may be run.")
    return tree


def _check_tree(tree: Node) -> None:
    for node in _nodes(tree):
        kind = node.get("type")
        if kind == "TABLE_FUNCTION":
            _check_table_function(node)
        elif kind == "BASE_TABLE":
            _check_table(node)
        elif "function_name" in node and str(node["function_name"]).lower() in SECRETIVE:
            raise QueryRefused(f"The function {node['function_name']} may not be used here.")


def _check_table_function(node: Node) -> None:
    name = str(node.get("function", {}).get("function_name", "")).lower()
    if name not in TABLE_FUNCTIONS:
        raise QueryRefused(f"The function {name or '?'} may not stand in FROM here.")


def _check_table(node: Node) -> None:
    before = {str(node.get(key, "")).lower() for key in ("catalog_name", "schema_name")}
    if not before <= CATALOGS:
        raise QueryRefused(f"Only tables of the warehouse may be read, not those of {max(before - CATALOGS)}.")
    name = str(node.get("table_name", ""))
    if name.lower() in SECRETIVE or set(name) & set("/\\:."):  # DuckDB takes a file's name for a table's
        raise QueryRefused(f"{name} may not be read here.")


def _nodes(tree: object) -> Iterator[Node]:
    """Yield every object of the tree, without recursion: a query may be nested as deep as its author likes."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)
