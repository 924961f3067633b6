"""`prflow restore`: bring a backup into the warehouse of the settings."""

from pathlib import Path

from flows.cli.parts.bar import table_bar
from flows.cli.parts.home import Home, real_home
from flows.cli.parts.terminal import Terminal
from flows.services.state import read_services
from warehouse.backup.catalog import is_catalog_copy, restore_catalog
from warehouse.backup.manifest import Manifest
from warehouse.backup.restoring import restore
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError


class StillRunning(PrflowError):
    """Services use the warehouse that is to be replaced."""

    def __init__(self) -> None:
        super().__init__("prflow is running on this home.", "Stop it (Ctrl-C in its shell), then run this again.")


def show_restore(place: Path, replace: bool) -> None:
    """Restore the backup, or the copy of a catalog, at `place`. `replace` allows to drop the tables that are there."""
    home = stopped_home()
    if is_catalog_copy(place):
        before = restore_catalog(home.settings, place)
        Terminal(soft_wrap=True).print(f"The catalog is that copy now; the one of before is {before}.")
        return
    with Warehouse(home.settings, any_version=True) as warehouse, table_bar("Restoring") as on_table:
        manifest = restore(warehouse, place, on_table, may_replace=replace)
    say_restored(manifest)


def stopped_home() -> Home:
    """Return the real home; StillRunning while services run on it."""
    if read_services(real_home()):
        raise StillRunning
    return Home(real_home(), False, None)


def say_restored(manifest: Manifest) -> None:
    words = f"Restored {manifest.rows:,} rows of {len(manifest.tables)} tables, as of {manifest.created_at[:16]} UTC."
    Terminal(soft_wrap=True).print(words)
