"""`prflow move`: copy the warehouse to another catalog and another place for its data files."""

import tempfile
from itertools import count
from pathlib import Path

from flows.cli.data.restore import stopped_home
from flows.cli.parts.bar import table_bar
from flows.cli.parts.terminal import Terminal
from flows.lifecycle.clock import now
from warehouse.backup.restoring import refuse_if_taken, restore
from warehouse.backup.writing import back_up
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.home.catalog import connection_string, find_passwords
from warehouse.home.object_store import is_remote
from warehouse.settings import WarehouseSettings


def show_move(catalog: str | None, data: str | None) -> None:
    """Copy all tables to the new place, and say which settings to change. What was there stays as it is."""
    old = stopped_home().settings
    new = plan_move(old, catalog, data)
    with (
        tempfile.TemporaryDirectory(dir=old.home) as folder,
        Warehouse(old, read_only=True) as source,
        Warehouse(new) as target,
        table_bar("Moving") as on_table,
    ):
        refuse_if_taken(target, may_replace=False)
        back_up(source, Path(folder) / "moved", now())
        manifest = restore(target, Path(folder) / "moved", on_table)
    terminal = Terminal(soft_wrap=True)
    terminal.print(
        f"Copied {manifest.rows:,} rows of {len(manifest.tables)} tables. Now set, here and on every worker:"
    )
    terminal.print(f"PRFLOW_WAREHOUSE_CATALOG={new.catalog}")
    terminal.print(f"PRFLOW_WAREHOUSE_DATA={new.data_path}")
    terminal.print("The old warehouse was left as it is: delete it once the new one is in use.")


def plan_move(old: WarehouseSettings, catalog: str | None, data: str | None) -> WarehouseSettings:
    """Return the settings of the new warehouse: both its catalog and its data files lie apart from the old one's."""
    if not catalog and not data:
        raise BadArgument("Say where to: --data, --catalog or both.", "For example --data s3://bucket/prflow.")
    kind, _, address = old.catalog.partition(":")
    if not catalog and kind != "sqlite":
        raise BadArgument("The new warehouse needs a database of its own.", "Give it by --catalog.")
    if not data and is_remote(old.data_path):
        raise BadArgument("The new warehouse needs a place of its own for its data files.", "Give it by --data.")
    new = {
        "warehouse_catalog": catalog or f"sqlite:{beside(Path(address))}",
        "warehouse_data": data or str(beside(Path(old.data_path))),
    }
    settings = WarehouseSettings.model_validate({**old.model_dump(), **new})
    if settings.catalog == old.catalog or settings.data_path.rstrip("/") == old.data_path.rstrip("/"):
        raise BadArgument("The new warehouse is where the old one is.", "Give another place by --catalog and --data.")
    if settings.catalog.startswith("postgres") and find_passwords(connection_string(settings.catalog)):
        raise BadArgument(
            "A password on the command line is seen by everybody on this machine.",
            "Leave it out of --catalog, and put it into ~/.pgpass or PGPASSWORD.",
        )
    return settings


def beside(path: Path) -> Path:
    """Return the first free name beside a file or folder: data-2, data-3 and so on."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(name for name in names if not name.exists())
