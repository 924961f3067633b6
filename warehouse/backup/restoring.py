"""Restore a backup: all tables in one transaction, so that it is there complete or not at all."""

import errno
import lzma
import shutil
import struct
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
# What unpacking raises for an archive that is cut, overwritten, encrypted or packed in a way that Python cannot unpack.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
# What DuckDB raises for tables that are no tables, and files that do not hold what the manifest says.
UNFIT = (
    duckdb.InvalidInputException,
    duckdb.CatalogException,
    duckdb.BinderException,
    duckdb.ParserException,
    duckdb.ConversionException,
    duckdb.ConstraintException,
)


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
    with tempfile.TemporaryDirectory() as name:
        _unpack_safely(place, Path(name))
        yield Path(name)


def _unpack_safely(place: Path, folder: Path) -> None:
    """Unpack a zip file of a backup; BackupUnusable if it is damaged, or if the disk is full."""
    damaged = BackupUnusable(f"{place} is damaged.", "Make another backup, or take an earlier one.")
    try:
        with zipfile.ZipFile(place) as archive:
            _unpack(archive, folder, place)
    except DAMAGED:
        raise damaged from None
    except OSError as error:  # also of a bz2 stream, and of a place before the beginning of the file
        if error.errno not in NO_ROOM:
            raise damaged from None
        raise BackupUnusable(
            f"The backup cannot be unpacked: {folder.parent} is full.", "Set TMPDIR to a folder with more room."
        ) from None


def _unpack(archive: zipfile.ZipFile, folder: Path, place: Path) -> None:
    """Unpack the manifest and the files that it names, if there is room for them."""
    members = {member.filename: member for member in archive.infolist()}
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


def _replace_all(cursor: duckdb.DuckDBPyConnection, manifest: Manifest, folder: Path, on_table: OnTable) -> None:
    revoked = _read_revoked_keys(cursor)
    kinds = (("VIEW", "duckdb_views()", "view_name"), ("TABLE", "duckdb_tables()", "table_name"))
    for kind, catalog, column in kinds:
        sql = f"SELECT {column} FROM {catalog} WHERE database_name = 'warehouse' AND schema_name = 'main'"  # noqa: S608  ours
        for (name,) in cursor.execute(sql).fetchall():
            cursor.execute(f"DROP {kind} {_name(name)}")
    for table in manifest.tables:
        try:
            _fill(cursor, table, folder / f"{table.name}.parquet")
        except UNFIT:
            raise BackupUnusable(
                f"The backup is damaged: its table {table.name} cannot be made, or {table.name}.parquet does not fit.",
                "Make another backup, or take an earlier one.",
            ) from None
        on_table(table.name, table.rows)
    if revoked:
        cursor.executemany(_REVOKE_AGAIN, revoked)


def _read_revoked_keys(cursor: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """Return when keys of the API were revoked: a backup of before would let their holders in again."""
    if not cursor.execute(_HAS_KEYS).fetchall():
        return []
    return cursor.execute("SELECT revoked_at, id FROM api_keys WHERE revoked_at IS NOT NULL").fetchall()


_HAS_KEYS = """
SELECT 1 FROM duckdb_columns()
WHERE database_name = 'warehouse' AND table_name = 'api_keys' AND column_name = 'revoked_at'
"""
_REVOKE_AGAIN = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"


def _fill(cursor: duckdb.DuckDBPyConnection, table: BackedUpTable, file: Path) -> None:
    for statement in _declare(table):
        cursor.execute(statement)
    cursor.execute(f"INSERT INTO {_name(table.name)} BY NAME FROM read_parquet('{quoted(str(file))}')")


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
