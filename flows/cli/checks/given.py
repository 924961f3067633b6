"""What the checks of sources are given."""

from flows.cli.parts.blocks import find_block_reader
from flows.cli.parts.home import Home, real_home
from flows.lifecycle.clock import now
from tasks.checks import CheckContext
from warehouse.connection import Warehouse, WarehouseError


def read_context(home: Home) -> CheckContext:
    """Return the context of the checks; the tokens that they look at are those of the team that ran last."""
    return CheckContext(_read_owner(home), real_home(), now, find_block_reader)


def _read_owner(home: Home) -> str:
    """Return the id of the team that ran last; empty if there is no team yet."""
    try:
        with Warehouse(home.settings, read_only=True) as warehouse:
            row = warehouse.read_one("SELECT team_id FROM teams ORDER BY status_at DESC NULLS LAST LIMIT 1")
    except WarehouseError:
        return ""
    return str(row["team_id"]) if row else ""
