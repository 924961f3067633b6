"""A copy of the catalog before the warehouse is upgraded: the quick way back if the new version is not wanted.

The catalog names every file and every row's place; data files are never changed, and those that the copy names stay
until maintenance has merged and deleted them, two days at the least. For longer there is `prflow backup`.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from warehouse.connection import Warehouse
from warehouse.home.catalog import connection_string
from warehouse.home.upgrade_lock import SERVER, attached_server

KEPT = 3
"""Number of copies that are kept, the newest ones."""
PREFIX = "prflow_copy_"


def keep_copy(warehouse: Warehouse) -> str | None:
    """Copy the catalog; return the name of the copy, or None if there is nothing to copy yet.

    A SQLite catalog is copied to `<home>/backups`, one in PostgreSQL to a schema of its own beside it.
    """
    version = warehouse.read_version()
    if version is None:
        return None
    name = f"{PREFIX}{_read_time(warehouse)}_{version}"
    if warehouse.is_in_postgres:
        _copy_schema(warehouse, name)
    else:
        _copy_file(warehouse, name)
    return name


def _read_time(warehouse: Warehouse) -> str:
    with warehouse.cursor() as cursor:
        row = cursor.execute("SELECT strftime(now() AT TIME ZONE 'UTC', '%Y%m%dt%H%M%S')").fetchone()
    return str(row[0]) if row else ""


def _copy_file(warehouse: Warehouse, name: str) -> None:
    folder = copies_folder(warehouse)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}.part"
    os.close(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    catalog = connection_string(warehouse.settings.catalog)
    with closing(sqlite3.connect(catalog)) as source, closing(sqlite3.connect(draft)) as copy:
        source.backup(copy)
    draft.rename(folder / f"{name}.sqlite")
    for old in sorted(folder.glob(f"{PREFIX}*.sqlite"))[:-KEPT]:
        old.unlink()


def copies_folder(warehouse: Warehouse) -> Path:
    """Return where copies of a SQLite catalog are kept."""
    return warehouse.settings.home.resolve() / "backups"


def _copy_schema(warehouse: Warehouse, name: str) -> None:
    """Copy the catalog's tables within PostgreSQL, in one transaction; forget older copies."""
    with warehouse.cursor() as cursor, attached_server(cursor):
        cursor.execute(f"CALL postgres_execute('{SERVER}', ?)", [_COPY.format(name=name, prefix=PREFIX, kept=KEPT)])


# LIKE ... INCLUDING ALL keeps the keys by which DuckLake sees that two processes commit at once.
_COPY = r"""
DO $$
DECLARE
    one text;
    home text := current_schema();
BEGIN
    EXECUTE 'CREATE SCHEMA {name}';
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = home AND tablename LIKE 'ducklake\_%' LOOP
        EXECUTE format('CREATE TABLE {name}.%I (LIKE %I.%I INCLUDING ALL)', one, home, one);
        EXECUTE format('INSERT INTO {name}.%I SELECT * FROM %I.%I', one, home, one);
    END LOOP;
    FOR one IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '{prefix}')
               ORDER BY nspname DESC OFFSET {kept} LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', one);
    END LOOP;
END $$
"""
