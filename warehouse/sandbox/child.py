"""The process in which a query runs: `python -m warehouse.sandbox.child`, started by `parent.run_query`.

Reads one JSON object from standard input (settings, SQL, bounds, checked extensions) and writes the result as an Arrow
stream to standard output. What goes wrong is one JSON object on standard error, with exit code 3.
"""

import json
import resource
import sys
from contextlib import suppress
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from warehouse.connection import Warehouse, trust_extensions
from warehouse.errors import PrflowError
from warehouse.home.attaching import quoted
from warehouse.sandbox.bounds import MEGABYTE, Bounds
from warehouse.sandbox.columns import is_nested, select_plain
from warehouse.sandbox.errors import QueryFailed, QueryTooLarge
from warehouse.sandbox.gate import check_query
from warehouse.settings import WarehouseSettings

BATCH_ROWS = 10_000
EXIT_FAILED = 3
# Beside DuckDB's own memory: the interpreter, the libraries, the batch on its way out.
OVERHEAD_BYTES = 1_024 * MEGABYTE
# SQLite's readers keep a small shared index beside the catalog; nothing else is ever written.
MAX_FILE_BYTES = 4 * MEGABYTE


def main() -> None:
    asked = json.load(sys.stdin)
    bounds = Bounds(**asked["bounds"])
    try:
        limit_process(bounds)
        trust_extensions(asked["checked"])
        with (
            Warehouse(WarehouseSettings(**asked["settings"]), read_only=True) as warehouse,
            warehouse.cursor() as cursor,
        ):
            sql = check_query(cursor, asked["sql"])
            lock(cursor, warehouse.settings, bounds)
            write_result(cursor, sql, bounds, sys.stdout.buffer)
    except PrflowError as error:
        fail(type(error).__name__, str(error), error.hint)
    except duckdb.OutOfMemoryException:
        fail(
            "QueryTooLarge", f"The query needs more than {asked['bounds']['memory_bytes'] // MEGABYTE:,} MB of memory."
        )
    except duckdb.Error as error:
        fail("QueryFailed", str(error).strip())
    except MemoryError:
        fail("QueryTooLarge", "The query needs more memory than it may have.")


def limit_process(bounds: Bounds) -> None:
    """Set the limits that the operating system keeps, whatever DuckDB does."""
    for kind, value in (
        (resource.RLIMIT_DATA, bounds.memory_bytes + OVERHEAD_BYTES),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # a lower limit is set from outside, or the system has none
            resource.setrlimit(kind, (value, value))


def lock(cursor: duckdb.DuckDBPyConnection, settings: WarehouseSettings, bounds: Bounds) -> None:
    """Let the connection read the warehouse's data files and no other, and freeze its settings."""
    folder = settings.data_path.rstrip("/") + "/"
    for statement in (
        "SET python_enable_replacements = false",
        f"SET memory_limit = '{bounds.memory_bytes}B'",
        "SET temp_directory = ''",
        f"SET allowed_directories = ['{quoted(folder)}']",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        cursor.execute(statement)


def write_result(cursor: duckdb.DuckDBPyConnection, sql: str, bounds: Bounds, out: BinaryIO) -> None:
    """Write at most `bounds.rows` rows; QueryTooLarge if there are more, unless the first are enough.

    The metadata of the schema say whether a column was nested.
    """
    relation = cursor.sql(sql)
    if relation is None:
        raise QueryFailed("The statement has no rows.")
    reader: Any = select_plain(relation, bounds.nested_chars).to_arrow_reader(BATCH_ROWS)
    has_nested = any(is_nested(kind) for kind in relation.types)
    rows = size = 0
    with pa.ipc.new_stream(out, reader.schema.with_metadata({"has_nested": str(int(has_nested))})) as stream:
        for read in reader:
            batch = read.slice(0, bounds.rows - rows) if bounds.first_rows_only else read
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows > bounds.rows:
                raise QueryTooLarge(f"The query has more than {bounds.rows:,} rows.")
            if size > bounds.result_bytes:
                raise QueryTooLarge(f"The result is larger than {bounds.result_bytes // MEGABYTE:,} MB.")
            stream.write_batch(batch)
            if bounds.first_rows_only and rows == bounds.rows:
                return


def fail(kind: str, message: str, hint: str | None = None) -> None:
    """Report to the parent and exit."""
    sys.stderr.write("\n" + json.dumps({"kind": kind, "message": message, "hint": hint}) + "\n")
    sys.stderr.flush()
    sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
