"""Export the complete warehouse as files: one plain DuckDB database, or CSV or Parquet by table.

Every table and view is read in one transaction, so they are consistent, while flows go on writing. The export
appears under its name only when it is complete.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb
from sqlalchemy import ARRAY, Column, String, Table

from warehouse.connection import Warehouse, WarehouseError
from warehouse.guard.untrusted import FORMULA
from warehouse.home.attaching import quoted
from warehouse.schema import readable_tables

Format = Literal["duckdb", "csv", "parquet"]
_TABLES = readable_tables()
OnTable = Callable[[str, int], None]
"""Called after each table with its name and its rows."""


class ExportRefused(WarehouseError):
    """The export cannot be written there; the message says why and what to do."""


def table_names() -> list[str]:
    """Return the names of the exported tables and views, in alphabetical order."""
    return list(_TABLES)


def export(
    warehouse: Warehouse,
    path: Path,
    kind: Format,
    on_table: OnTable,
    *,
    may_replace: bool = False,
    team_id: str | None = None,
) -> None:
    """Write all tables, or the rows of one team, to `path`.

    That is a file for duckdb, a folder with one file per table for csv and parquet.

    Raise ExportRefused if something exists there and `may_replace` is false, if it is not an earlier export, or if the
    place cannot be written to.
    """
    path = path.resolve()
    if path.exists() and not may_replace:
        raise ExportRefused(f"{path} already exists.", "Choose another name, or add --force to replace it.")
    if path.exists() and not is_export(warehouse, path, kind):
        raise ExportRefused(f"{path} is not an earlier export of this kind and was left alone.", "Choose another name.")
    part = path.with_name(f".{path.name}.part")
    _remove(part)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (_write_database if kind == "duckdb" else _write_folder)(warehouse, part, kind, on_table, team_id)
        _remove(path)
        part.rename(path)
    except (OSError, duckdb.IOException) as error:
        raise ExportRefused(f"{path} cannot be written: {str(error).splitlines()[0]}") from None
    finally:
        _remove(part)


def is_export(warehouse: Warehouse, path: Path, kind: Format) -> bool:
    """Return True for a file, or for a folder with nothing but one file per table: only these are ever replaced.

    A file with other data is not an export: a catalog, a data file of the lake, a database without prflow's tables.
    """
    if kind == "duckdb":
        return path.is_file() and not _holds_other_data(warehouse, path)
    names = {f"{name}.{kind}" for name in table_names()}
    return path.is_dir() and all(each.is_file() and each.name in names for each in path.iterdir())


def _holds_other_data(warehouse: Warehouse, path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(16)
    if start[8:12] != b"DUCK":
        return start.startswith((b"SQLite format 3", b"PAR1"))
    try:
        with warehouse.cursor() as cursor:
            cursor.execute(f"ATTACH '{quoted(str(path))}' AS earlier (READ_ONLY)")
            try:
                return not cursor.execute(_EXPORTED).fetchall()
            finally:
                cursor.execute("DETACH earlier")
    except duckdb.Error:
        return True


_EXPORTED = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'earlier' AND table_name = 'pull_requests'"


def _write_database(warehouse: Warehouse, part: Path, kind: Format, on_table: OnTable, team_id: str | None) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute(f"ATTACH '{quoted(str(part))}' AS exported")
        try:
            with _one_snapshot(cursor):
                for name in table_names():
                    cursor.execute(f"CREATE TABLE exported.main.{name} AS FROM {_rows_of(name, team_id)}")
                    _comment(cursor, _TABLES[name])
                    on_table(name, _count(cursor, f"exported.main.{name}"))
        finally:
            cursor.execute("DETACH exported")


def _write_folder(warehouse: Warehouse, part: Path, kind: Format, on_table: OnTable, team_id: str | None) -> None:
    part.mkdir()
    options = "FORMAT parquet, COMPRESSION zstd" if kind == "parquet" else "FORMAT csv, HEADER"
    with warehouse.cursor() as cursor, _one_snapshot(cursor):
        for name in table_names():
            rows = f"SELECT {_columns(_TABLES[name], kind)} FROM {_rows_of(name, team_id)}"
            file = quoted(str(part / f"{name}.{kind}"))
            cursor.execute(f"COPY ({rows}) TO '{file}' ({options})")
            on_table(name, _count(cursor, _rows_of(name, team_id)))


def _rows_of(name: str, team_id: str | None) -> str:
    """Return what to select from: the table, or a team's rows of it. The catalogue of metrics is everybody's."""
    if team_id is None or "team_id" not in _TABLES[name].columns:
        return name
    return f"(FROM {name} WHERE team_id = '{quoted(team_id)}')"


@contextmanager
def _one_snapshot(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.execute("BEGIN TRANSACTION")
    try:
        yield
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise


def _comment(cursor: duckdb.DuckDBPyConnection, table: Table) -> None:
    target = f"exported.main.{table.name}"
    cursor.execute(f"COMMENT ON TABLE {target} IS '{quoted(table.comment or '')}'")
    for column in table.columns:
        cursor.execute(f"COMMENT ON COLUMN {target}.{column.name} IS '{quoted(column.comment or '')}'")


def _columns(table: Table, kind: Format) -> str:
    return ", ".join(_csv_column(column) if kind == "csv" else column.name for column in table.columns)


def _csv_column(column: "Column[object]") -> str:
    """Select lists as JSON, and put an apostrophe before text that a spreadsheet would take for a formula."""
    name = column.name
    if isinstance(column.type, ARRAY):
        return f"to_json({name})::VARCHAR AS {name}"
    if isinstance(column.type, String):
        return f"CASE WHEN regexp_matches({name}, '{FORMULA}') THEN '''' || {name} ELSE {name} END AS {name}"
    return name


def _count(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    row = cursor.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
