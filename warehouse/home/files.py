"""The files of a warehouse: what can be learned of them without opening it."""

import os
import shutil
from pathlib import Path

MEGABYTE = 1_000_000


def free_bytes(folder: Path) -> int | None:
    """Return the free bytes of the disk on which the folder lies or will lie; None if that cannot be read."""
    try:
        nearest = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()), Path("/"))
        return shutil.disk_usage(nearest).free
    except OSError:
        return None


def is_disk_full(folder: Path) -> bool:
    """Return whether the disk has no room for anything."""
    free = free_bytes(folder)
    return free is not None and free < MEGABYTE


def is_catalog_emptied(catalog: str, data_path: str) -> bool:
    """Return whether the catalog's file is empty although data lie beside it: what named them is lost.

    A catalog that is just being made has no data yet, or a log beside it.
    """
    kind, _, address = catalog.partition(":")
    file = Path(address)
    if kind != "sqlite" or not file.is_file() or file.stat().st_size or "://" in data_path:
        return False
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        return False
    return any(name.endswith(".parquet") for _, _, names in os.walk(data_path) for name in names)
