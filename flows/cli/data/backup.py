"""`prflow backup`: write the complete warehouse to a folder or a zip file."""

from pathlib import Path

from flows.cli.parts.bar import table_bar
from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from warehouse.backup.writing import back_up
from warehouse.connection import Warehouse


def show_backup(place: Path, force: bool, as_json: bool) -> None:
    """Write all tables of one snapshot to `place`; flows may go on writing. `force` replaces an earlier backup."""
    with Warehouse(find_home().settings, read_only=True) as warehouse, table_bar("Backing up") as on_table:
        manifest = back_up(warehouse, place, now(), on_table, may_replace=force)
    if as_json:
        tables = {table.name: table.rows for table in manifest.tables}
        print_json({"path": str(place.resolve()), "version": manifest.version, "tables": tables})
    else:
        words = f"Wrote {manifest.rows:,} rows of {len(manifest.tables)} tables to {place}."
        Terminal(soft_wrap=True).print(words)
