"""Write a backup: every table as of one snapshot, while flows go on writing."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.backup.manifest import (
    FILE,
    BackedUpColumn,
    BackedUpTable,
    BackupUnusable,
    Manifest,
    digest,
    program_version,
    write_manifest,
)
from warehouse.connection import Warehouse
from warehouse.home.attaching import quoted

OnTable = Callable[[str, int], None]
"""Called after each table with its name and its rows."""
ZIP = ".zip"


def back_up(
    warehouse: Warehouse, place: Path, at: datetime, on_table: OnTable = lambda *_: None, *, may_replace: bool = False
) -> Manifest:
    """Write all tables to `place`: a zip file if its name ends so, else a folder. It appears only when it is complete.

    Only its owner may read it. BackupUnusable if something is there that may not be replaced or is not a backup.
    """
    place = place.resolve()
    refuse_to_replace(place, may_replace)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as name:
            folder = Path(name) / "backup"
            folder.mkdir(mode=0o700)
            manifest = write_tables(warehouse, folder, at, on_table)
            _put(zipped(folder) if place.suffix == ZIP else folder, place)
    except OSError as error:
        raise BackupUnusable(f"The backup cannot be written to {place} ({error.strerror or error}).") from None
    return manifest


def refuse_to_replace(place: Path, may_replace: bool) -> None:
    """Refuse a place that is taken, unless an earlier backup there may be replaced."""
    if not place.exists():
        return
    if not may_replace:
        raise BackupUnusable(f"{place} already exists.", "Choose another name, or add --force to replace it.")
    if not _is_backup(place):
        raise BackupUnusable(f"{place} is not an earlier backup and was left alone.", "Choose another name.")


def _is_backup(place: Path) -> bool:
    """Return whether this is a backup and nothing else: other archives are zip files, too, as documents are."""
    if place.is_dir():
        return (place / FILE).is_file() and all(
            each.name == FILE or each.suffix == ".parquet" for each in place.iterdir()
        )
    try:
        with zipfile.ZipFile(place) as archive:
            return FILE in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def write_tables(warehouse: Warehouse, folder: Path, at: datetime, on_table: OnTable) -> Manifest:
    """Write one Parquet file a table, all of one snapshot, and the manifest."""
    with warehouse.cursor() as cursor, _one_snapshot(cursor):
        tables = list(_read_tables(cursor))
        for table in tables:
            file = folder / f"{table.name}.parquet"
            name = f'"{table.name}"'
            cursor.execute(f"COPY (FROM {name}) TO '{quoted(str(file))}' (FORMAT parquet, COMPRESSION zstd)")
            row = cursor.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608  a table's own name
            table.rows, table.sha256 = int(row[0]) if row else 0, digest(file)
            on_table(table.name, table.rows)
    version = warehouse.read_version()
    if version is None:
        raise BackupUnusable("There is nothing to back up yet.", "Run `prflow onboard OWNER` first.")
    manifest = Manifest(prflow=program_version(), version=version, created_at=at.isoformat(), tables=tables)
    write_manifest(folder, manifest)
    return manifest


def zipped(folder: Path) -> Path:
    """Put the files of a folder into a zip file beside it, uncompressed: Parquet files are compressed already."""
    file = folder.with_suffix(ZIP)
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as opened, zipfile.ZipFile(opened, "w", zipfile.ZIP_STORED) as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, each.name)
    return file


def _put(made: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    made.replace(place)


@contextmanager
def _one_snapshot(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.execute("BEGIN TRANSACTION")
    try:
        yield
    finally:
        cursor.execute("ROLLBACK")


def _read_tables(cursor: duckdb.DuckDBPyConnection) -> Iterator[BackedUpTable]:
    """Yield the tables of the lake as they are declared, those of an older or newer prflow too."""
    for name, comment in cursor.execute(_TABLES).fetchall():
        rows = cursor.execute(_COLUMNS, [name]).fetchall()
        columns = [
            BackedUpColumn(name=column, type=kind, comment=words or "", default=default, may_be_null=bool(may_be_null))
            for column, kind, words, default, may_be_null in rows
        ]
        yield BackedUpTable(name=name, comment=comment or "", columns=columns)


_TABLES = """
SELECT table_name, comment FROM duckdb_tables()
WHERE database_name = 'warehouse' AND schema_name = 'main' ORDER BY table_name
"""
_COLUMNS = """
SELECT column_name, data_type, comment, column_default, is_nullable FROM duckdb_columns()
WHERE database_name = 'warehouse' AND schema_name = 'main' AND table_name = ? ORDER BY column_index
"""
