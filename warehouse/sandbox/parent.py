"""Run a query in a child process: killed if it takes too long, and without this process's secrets."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from warehouse.connection import WarehouseError, WarehouseMissing, WarehouseUnreadable, checked_extensions
from warehouse.guard.child_environment import WAREHOUSE_PREFIXES, for_machine, for_network, pick
from warehouse.sandbox import errors
from warehouse.sandbox.bounds import MEGABYTE, Bounds
from warehouse.sandbox.errors import QueryFailed, QueryTooLarge
from warehouse.settings import WarehouseSettings


@dataclass(frozen=True)
class Result:
    """The rows of a statement; `has_nested` if a column of it holds lists or structures, as text or as they are."""

    rows: pl.DataFrame
    has_nested: bool


def run_query(settings: WarehouseSettings, sql: str, bounds: Bounds | None = None) -> pl.DataFrame:
    """Return the rows of one statement that reads; timestamps are UTC, types that only DuckDB has come as text.

    QueryRefused if it would do more than read the warehouse, QueryTooLarge beyond `bounds`, QueryFailed with DuckDB's
    own words if it cannot be run; WarehouseMissing if there is no warehouse yet.
    """
    return read_result(settings, sql, bounds or Bounds()).rows


def read_result(settings: WarehouseSettings, sql: str, bounds: Bounds) -> Result:
    """Run one statement that reads, as `run_query` does."""
    asked = {"settings": plain(settings), "sql": sql, "bounds": asdict(bounds), "checked": checked_extensions()}
    process = subprocess.Popen(
        [sys.executable, "-m", "warehouse.sandbox.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(os.environ),
    )
    try:
        output, said = process.communicate(json.dumps(asked).encode(), timeout=bounds.seconds)
    except subprocess.TimeoutExpired:
        raise QueryTooLarge(f"The query takes longer than {bounds.seconds:g} seconds.") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode:
        raise error_of(said, bounds)
    table = pa.ipc.open_stream(output).read_all()
    rows = pl.from_arrow(table)
    has_nested = (table.schema.metadata or {}).get(b"has_nested") == b"1"
    return Result(rows if isinstance(rows, pl.DataFrame) else rows.to_frame(), has_nested)


def plain(settings: WarehouseSettings) -> dict[str, object]:
    """Return the settings as JSON values."""
    return settings.model_dump(mode="json")


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep what the child needs to start and to reach the warehouse: no token, no key."""
    return for_machine(environment) | for_network(environment) | pick(environment, (), WAREHOUSE_PREFIXES)


def error_of(said: bytes, bounds: Bounds) -> WarehouseError:
    """Return the child's error; a child that was ended before it could report one ran out of memory."""
    try:
        found = json.loads(said.decode(errors="replace").strip().rpartition("\n")[2])
        message, hint = str(found["message"]), found["hint"]
    except (ValueError, KeyError, TypeError):
        return QueryTooLarge(f"The query needs more than {bounds.memory_bytes // MEGABYTE:,} MB of memory.")
    known: dict[str, type[WarehouseError]] = {
        "WarehouseMissing": WarehouseMissing,
        "WarehouseUnreadable": WarehouseUnreadable,
        "WarehouseNewer": WarehouseUnreadable,
        "QueryRefused": errors.QueryRefused,
        "QueryTooLarge": QueryTooLarge,
    }
    return known.get(found.get("kind"), QueryFailed)(message, hint or None)
