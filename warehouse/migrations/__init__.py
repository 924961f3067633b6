"""Migrations: `upgrade` brings a warehouse of any age to the newest schema.

An empty warehouse is made from `warehouse/schema/` in one transaction, which takes a fifth of the time of all steps;
an older one goes step by step, by Alembic (see `steps.py`).

A new step is one file in `versions/`: its name begins with the next number, `down_revision` names the one before.
`tests/warehouse/test_migrations.py` proves each on a warehouse of the step before, and that all steps together give
exactly `warehouse/schema/`.
"""

from collections.abc import Iterable, Iterator

import duckdb
import duckdb_sqlalchemy
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, SetColumnComment, SetTableComment

from warehouse.connection import Warehouse
from warehouse.home.attaching import quoted
from warehouse.home.version import VERSION_TABLE, known_versions
from warehouse.migrations.catalog_copy import keep_copy
from warehouse.migrations.version import version_table
from warehouse.schema import metadata, views

_DIALECT = duckdb_sqlalchemy.Dialect()


def upgrade(warehouse: Warehouse, to: str = "head") -> list[str]:
    """Bring the warehouse to the revision `to`; return the names of the steps that were missing.

    Of several processes that begin at once, one does it and the others wait for it.
    """
    if to == "head" and is_current(warehouse):
        return []
    with warehouse.upgrading():
        return _upgrade(warehouse, to)


def _upgrade(warehouse: Warehouse, to: str) -> list[str]:
    """Upgrade while no other process does, after a copy of the catalog."""
    version = warehouse.read_version()
    if version is not None and version >= (revisions()[-1] if to == "head" else to):  # another process was quicker
        return []
    if to == "head" and _create(warehouse):
        return revisions()
    keep_copy(warehouse)
    # Imported here: an older warehouse is rare, and Alembic takes as long to import as all else of the warehouse.
    from warehouse.migrations.steps import upgrade_by_steps

    done = upgrade_by_steps(warehouse, to)
    if to == "head":
        _fill_statistics(warehouse)
    return done


def revisions() -> list[str]:
    """Return the names of all steps, oldest first."""
    return list(known_versions())


def is_current(warehouse: Warehouse) -> bool:
    """Return True if no step is missing."""
    try:
        found = warehouse.read(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  the name is ours
    except duckdb.CatalogException:
        return False
    return found["version_num"].to_list() == revisions()[-1:]


def _create(warehouse: Warehouse) -> bool:
    """Create all tables in one transaction; return False if any table exists, whoever made it."""
    statements = list(_statements())
    found: list[int] = []

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        # Asked again after a conflict: another process may have made them meanwhile.
        row = cursor.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'warehouse'").fetchone()
        found.append(row[0] if row else 0)
        if not found[-1]:
            for statement in (*statements, *_statistics(metadata.tables)):
                cursor.execute(statement)
            cursor.execute("INSERT INTO locks (name) VALUES ('messages')")  # its one row, as step 0027 makes it
            cursor.execute(f"INSERT INTO {VERSION_TABLE} VALUES (?)", [revisions()[-1]])  # noqa: S608  the name is ours

    warehouse.transact(work)
    return not found[-1]


def _fill_statistics(warehouse: Warehouse) -> None:
    """Give the empty tables of an older warehouse what `_create` gives those of a new one."""

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        empty = [name for name in metadata.tables if cursor.execute(f"FROM {name} LIMIT 1").fetchone() is None]
        for statement in _statistics(empty):
            cursor.execute(statement)

    warehouse.transact(work)


def _statements() -> Iterator[str]:
    """Yield the DDL of every table, column and view with its comment."""
    for table in (*metadata.sorted_tables, version_table):
        yield _sql(CreateTable(table))
        if table.comment:
            yield _sql(SetTableComment(table))
        yield from (_sql(SetColumnComment(column)) for column in table.columns if column.comment)
    for name, view in views().items():
        yield f"CREATE VIEW {name} AS {view.info['sql']}"
        yield f"COMMENT ON VIEW {name} IS '{quoted(view.comment or '')}'"


def _statistics(tables: Iterable[str]) -> Iterator[str]:
    """Yield what gives empty tables statistics: without any, DuckLake looks for them anew at each reading.

    It asks its catalog for every column, which takes ten times as long as the reading itself. A row that comes and
    goes within one transaction is seen by nobody.
    """
    for name in tables:
        yield f"INSERT INTO {name} DEFAULT VALUES"
        yield f"DELETE FROM {name}"  # noqa: S608  the name is ours


def _sql(statement: sa.schema.ExecutableDDLElement) -> str:
    return str(statement.compile(dialect=_DIALECT))
