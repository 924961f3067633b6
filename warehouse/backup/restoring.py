"""Restore a backup: all tables in one transaction, so that it is there complete or not at all."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse import migrations
from warehouse.backup.manifest import FILE, BackedUpTable, BackupUnusable, Manifest, parse_manifest, read_manifest
from warehouse.backup.writing import OnTable
from warehouse.connection import Warehouse
from warehouse.home.attaching import quoted
from warehouse.home.version import is_newer, known_versions
from warehouse.questions.views import keep_views

MAX_MANIFEST_BYTES = 16 << 20


def restore(
    warehouse: Warehouse, place: Path, on_table: OnTable = lambda *_: None, *, may_replace: bool = False
) -> Manifest:
    """Bring the tables of the backup into the warehouse, and upgrade them if they are of an earlier version.

    With `may_replace` the tables that are there are dropped in the same transaction; time travel reaches them until
    their snapshots expire. BackupUnusable if there are any without it, or if only a newer prflow can read the backup.
    """
    with opened(place) as folder:
        manifest = read_manifest(folder)
        if is_newer(manifest.version):
            raise BackupUnusable(
                f"The backup is of a newer prflow ({manifest.prflow}, tables of version {manifest.version}); this one "
                f"knows versions up to {known_versions()[-1]}.",
                "Restore it with that version or a later one.",
            )
        refuse_if_taken(warehouse, may_replace)
        warehouse.transact(lambda cursor: _replace_all(cursor, manifest, folder, on_table))
    migrations.upgrade(warehouse)
    keep_views(warehouse)
    return manifest


def refuse_if_taken(warehouse: Warehouse, may_replace: bool) -> None:
    """Refuse a warehouse that has teams, unless it may be replaced."""
    if may_replace or warehouse.read_version() is None:
        return
    with warehouse.cursor() as cursor:
        row = cursor.execute("SELECT count(*) FROM teams").fetchone()
    if row and row[0]:
        raise BackupUnusable(
            f"There is a warehouse already, with {row[0]:,} teams.",
            "Add --replace to put the backup in its place, or set PRFLOW_HOME to another folder.",
        )


@contextmanager
def opened(place: Path) -> Iterator[Path]:
    """Yield the folder of a backup; of a zip file its files are unpacked, and removed afterwards."""
    if place.is_dir():
        yield place
        return
    if not zipfile.is_zipfile(place):
        raise BackupUnusable(f"{place} is not a backup of prflow.", "Give what `prflow backup` wrote.")
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(place) as archive:
        _unpack(archive, Path(name), place)
        yield Path(name)


def _unpack(archive: zipfile.ZipFile, folder: Path, place: Path) -> None:
    """Unpack the manifest and the files that it names, if there is room for them."""
    members = {member.filename: member for member in archive.infolist()}
    try:
        if FILE not in members or members[FILE].file_size > MAX_MANIFEST_BYTES:
            raise BackupUnusable(f"{place} is not a backup of prflow.", "Give what `prflow backup` wrote.")
        archive.extract(members[FILE], folder)
        names = [f"{table.name}.parquet" for table in parse_manifest(folder).tables]
        found = [members[name] for name in names if name in members]
        size, free = sum(member.file_size for member in found), shutil.disk_usage(folder).free
        if size > free:
            raise BackupUnusable(
                f"The backup needs {size / 1e9:,.1f} GB to be unpacked, and {folder.parent} has {free / 1e9:,.1f} GB.",
                "Set TMPDIR to a folder with more room.",
            )
        for member in found:
            archive.extract(member, folder)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise BackupUnusable(f"{place} is damaged.", "Make another backup, or take an earlier one.") from None


def _replace_all(cursor: duckdb.DuckDBPyConnection, manifest: Manifest, folder: Path, on_table: OnTable) -> None:
    kinds = (("VIEW", "duckdb_views()", "view_name"), ("TABLE", "duckdb_tables()", "table_name"))
    for kind, catalog, column in kinds:
        sql = f"SELECT {column} FROM {catalog} WHERE database_name = 'warehouse' AND schema_name = 'main'"  # noqa: S608  ours
        for (name,) in cursor.execute(sql).fetchall():
            cursor.execute(f"DROP {kind} {_name(name)}")
    for table in manifest.tables:
        for statement in _declare(table):
            cursor.execute(statement)
        file = quoted(str(folder / f"{table.name}.parquet"))
        cursor.execute(f"INSERT INTO {_name(table.name)} BY NAME FROM read_parquet('{file}')")
        on_table(table.name, table.rows)


def _declare(table: BackedUpTable) -> Iterator[str]:
    """Yield the statements that make the table as it was, with its comments."""
    yield f"CREATE TABLE {_name(table.name)} ({', '.join(_column(table))})"
    if table.comment:
        yield f"COMMENT ON TABLE {_name(table.name)} IS '{quoted(table.comment)}'"
    for column in table.columns:
        if column.comment:
            yield f"COMMENT ON COLUMN {_name(table.name)}.{_name(column.name)} IS '{quoted(column.comment)}'"


def _column(table: BackedUpTable) -> Iterator[str]:
    for column in table.columns:
        default = f" DEFAULT {column.default}" if column.default not in {None, "", "NULL"} else ""
        yield f"{_name(column.name)} {column.type}{'' if column.may_be_null else ' NOT NULL'}{default}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
