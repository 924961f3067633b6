"""Go back to a copy of a SQLite catalog, as every upgrade makes one before it begins."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from warehouse.backup.manifest import BackupUnusable
from warehouse.home.catalog import connection_string
from warehouse.settings import WarehouseSettings

HEADER = b"SQLite format 3\x00"


def is_catalog_copy(place: Path) -> bool:
    """Return whether a file is one of SQLite, and so a copy of a catalog."""
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def restore_catalog(settings: WarehouseSettings, copy: Path) -> Path:
    """Put a copy in the place of the catalog; return where the catalog of before lies now.

    The data files are not touched: those of after the copy are named by no catalog any more.
    """
    if not settings.catalog.startswith("sqlite:"):
        raise BackupUnusable(
            "The copy is of a SQLite catalog, but PRFLOW_WAREHOUSE_CATALOG is in PostgreSQL.",
            "docs/operate.md says how to go back to a copy there.",
        )
    catalog = Path(connection_string(settings.catalog))
    draft, before = catalog.with_name(f"{catalog.name}.part"), catalog.with_name(f"{catalog.name}.replaced")
    draft.unlink(missing_ok=True)
    if not _copy(copy, draft):
        draft.unlink(missing_ok=True)
        raise BackupUnusable(
            f"{copy} is not a copy of a catalog, or it is damaged.", "They lie in the folder backups of the home."
        )
    draft.chmod(0o600)
    if catalog.exists():
        # A catalog that is damaged is a reason to come here.
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(catalog)) as current:
            current.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        catalog.replace(before)
    for suffix in ("-wal", "-shm"):
        catalog.with_name(f"{catalog.name}{suffix}").unlink(missing_ok=True)
    draft.replace(catalog)
    return before


def _copy(copy: Path, draft: Path) -> bool:
    """Copy a catalog; return whether it is one that can be read to its end."""
    try:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(draft)) as target:
            if not source.execute("SELECT 1 FROM sqlite_master WHERE name = 'ducklake_snapshot'").fetchone():
                return False
            source.backup(target)
    except sqlite3.Error:
        return False
    return True
