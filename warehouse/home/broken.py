"""What is wrong with a home or a warehouse that cannot be used, and the way out, in words for a person.

DuckDB, SQLite, PostgreSQL and the operating system all report in their own words. Command line, `prflow doctor` and
dashboard say the same about the same fault, because all of them ask here.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connection import FULL_PERHAPS, Warehouse, WarehouseError, WarehouseMissing
from warehouse.errors import PrflowError
from warehouse.home.files import MEGABYTE, free_bytes, is_catalog_emptied, is_disk_full
from warehouse.home.version import is_older, known_versions
from warehouse.settings import WarehouseSettings

MIN_FREE_BYTES = 50 * MEGABYTE
"""With less than this, services are not started: Prefect's database, logs and new Parquet files need room."""

FULL = ("No space left on device", "disk is full", "Disk quota exceeded", "File too large")
READ_ONLY = (
    "Read-only file system",
    "Permission denied",
    "Operation not permitted",
    "readonly database",
    "unable to open database file",
)
NOT_A_FOLDER = ("Not a directory", "File exists")
DAMAGED_CATALOG = ("malformed", "not a database", "is encrypted")
UNREACHABLE = ("Unable to connect to Postgres", "connection to server", "could not translate host name")
GONE = ("No such file", "cannot find", "404")


@dataclass(frozen=True)
class Trouble:
    """What is wrong, as one sentence, and what to do."""

    message: str
    hint: str


def diagnose(error: BaseException, settings: WarehouseSettings) -> Trouble | None:
    """Return what is wrong with the home or the warehouse; None if the error is about something else.

    Of our own errors only those can be: `WarehouseError`, and a child that died, on a full disk perhaps.
    """
    text, is_ours = str(error), isinstance(error, PrflowError)
    if is_ours and not isinstance(error, WarehouseError):
        return check_space(settings.home, MEGABYTE) if hasattr(error, "tail") else None
    if isinstance(error, WarehouseMissing):
        return _home(text, settings)
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | KeyError):
        return _older(settings)  # a column or a table that came later
    if not is_ours and not isinstance(error, OSError | duckdb.Error | sqlite3.Error):
        return None
    return next((found for find in (_home, _disk, _catalog, _data) if (found := find(text, settings))), None)


def _older(settings: WarehouseSettings) -> Trouble | None:
    """Return what to say of a table or column that is missing because the warehouse is of an earlier version."""
    try:
        with Warehouse(settings, read_only=True) as warehouse:
            version = warehouse.read_version()
    except WarehouseError:
        return None
    if not is_older(version):
        return None
    return Trouble(
        f"The warehouse is of an earlier prflow (tables of version {version}; this one needs {known_versions()[-1]}).",
        "Start `prflow up`: it upgrades the warehouse, after a copy of the catalog, as the next run of a worker does.",
    )


def check_space(home: Path, needed: int = MIN_FREE_BYTES) -> Trouble | None:
    """Return what to say if the disk of the home has no `needed` bytes free; None if it has, or cannot be asked."""
    free = free_bytes(home)
    return _full(home, free) if free is not None and free < needed else None


def _home(text: str, settings: WarehouseSettings) -> Trouble | None:
    home = settings.home.absolute()
    if home.exists() and not home.is_dir():
        message = f"The home {home} is a file, but prflow needs a folder there."
        return Trouble(message, "Move the file away, or set PRFLOW_HOME to a folder.")
    if any(words in text for words in NOT_A_FOLDER):
        return Trouble(f"A file is where prflow needs a folder: {_last_words(text)}.", "Move the file away.")
    return None


def _disk(text: str, settings: WarehouseSettings) -> Trouble | None:
    home = settings.home.absolute()
    if any(words in text for words in FULL) or (FULL_PERHAPS in text and is_disk_full(home)):
        return _full(home, free_bytes(home))
    if is_catalog_emptied(settings.catalog, settings.data_path):
        return None  # an empty catalog is reported as read-only
    if any(words in text for words in READ_ONLY):
        reason = next(words for words in READ_ONLY if words in text)
        return Trouble(
            f"prflow cannot write to its home {home} ({reason[0].lower()}{reason[1:]}).",
            "Make the folder and all in it writable for you, or set PRFLOW_HOME to another folder.",
        )
    return None


def _full(home: Path, free: int | None) -> Trouble:
    left = f", {free / MEGABYTE:,.0f} MB free" if free is not None else ""
    return Trouble(
        f"The disk is full ({home}{left}).",
        "Free some space there, then run this again. Nothing that is stored is lost.",
    )


def _catalog(text: str, settings: WarehouseSettings) -> Trouble | None:
    kind, _, address = settings.catalog.partition(":")
    if kind.startswith("postgres") and any(words in text for words in UNREACHABLE):
        return Trouble(
            "The PostgreSQL server of the catalog cannot be reached.",
            "Check that it runs and that PRFLOW_WAREHOUSE_CATALOG is right, then run this again. Nothing is lost.",
        )
    reason = next((words for words in DAMAGED_CATALOG if words in text), "")
    if kind == "sqlite" and (reason or is_catalog_emptied(settings.catalog, settings.data_path)):
        return Trouble(f"The catalog {address} is damaged ({reason or 'it is empty'}).", _way_back(settings))
    return None


def _data(text: str, settings: WarehouseSettings) -> Trouble | None:
    if ".parquet" not in text:
        return None
    state = "missing" if any(words in text for words in GONE) else "damaged"
    return Trouble(
        f"A data file of the warehouse is {state}: {text.partition(chr(10))[0].removesuffix('.')}.", _way_back(settings)
    )


def _way_back(settings: WarehouseSettings) -> str:
    """Return how to have a good warehouse again."""
    if settings.warehouse_catalog or settings.warehouse_data:
        return "Restore the catalog and the data from the same backup, then run this again."
    folder = settings.home.absolute() / "warehouse"
    return (
        f"Restore {folder} from a backup. If there is none, move it away (`mv {folder} {folder}.broken`) and fetch all "
        "again with `prflow onboard OWNER`."
    )


def _last_words(text: str) -> str:
    return text.rpartition(": ")[2].strip("'\"")
