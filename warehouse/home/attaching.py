"""The statement that attaches the lake, and the files of DuckDB's extensions."""

import importlib
from pathlib import Path

import duckdb

from warehouse.home.catalog import CATALOG_SECRET
from warehouse.settings import WarehouseSettings


def attach_statement(settings: WarehouseSettings, kind: str, read_only: bool) -> str:
    """Return the statement that attaches the lake as `warehouse`."""
    options = [f"DATA_PATH '{quoted(settings.data_path)}'"]
    catalog = settings.catalog
    if kind == "postgres":
        # What is attached by its address shows it, password and all, in duckdb_databases() and in errors.
        catalog = "postgres:"
        options.append(f"META_SECRET '{CATALOG_SECRET}'")
    if kind == "sqlite":
        # Without WAL readers fail with "database is locked" under one writer; with it none did.
        options += ["META_JOURNAL_MODE 'WAL'", "META_BUSY_TIMEOUT 5000"]
    if not settings.warehouse_data:
        # The data lie beside the catalog, so a folder that was moved or copied still opens.
        options.append("OVERRIDE_DATA_PATH true")
    if read_only:
        options.append("READ_ONLY")
    return f"ATTACH 'ducklake:{quoted(catalog)}' AS warehouse ({', '.join(options)})"


def extension_file(name: str) -> str:
    """Return the path of a signed extension inside its wheel, so that nothing is fetched at run time."""
    module = importlib.import_module(f"duckdb_extension_{name}")
    folder = Path(next(iter(module.__path__)))
    return quoted(str(folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"))


def quoted(text: str) -> str:
    """Escape text for use between two apostrophes in SQL."""
    return text.replace("'", "''")
