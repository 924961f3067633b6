"""`prflow sql`: run one read-only query on the warehouse."""

import sys

import polars as pl
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_file, print_json
from warehouse.guard.tabular import json_value, write_csv
from warehouse.guard.untrusted import one_line
from warehouse.sandbox.bounds import Bounds
from warehouse.sandbox.errors import QueryFailed
from warehouse.sandbox.parent import run_query

MAX_ROWS_SHOWN = 200
MAX_CELL_LENGTH = 80
MAX_WIDTH = 10_000


def show_query(sql: str | None, as_json: bool, as_csv: bool, bounds: Bounds) -> None:
    """Run one query, from the argument or standard input, and print a table, or every row as JSON or CSV.

    Nothing but the warehouse can be read and nothing can be written: see `warehouse.sandbox`.
    """
    text = sql if sql is not None else ("" if sys.stdin.isatty() else sys.stdin.read())
    if not text.strip():
        raise QueryFailed('Give a query, for example: prflow sql "SELECT count(*) FROM pull_requests".')
    rows = run_query(find_home().settings, text, bounds)
    if as_json:
        print_json(finite(rows).to_dicts(), default=json_value, indent=None)
    elif as_csv:
        print_file(write_csv(rows))
    else:
        draw_rows(Terminal(), rows)


def finite(rows: pl.DataFrame) -> pl.DataFrame:
    """Replace infinity and NaN by NULL, as JSON has neither."""
    number = pl.col(pl.Float64, pl.Float32)
    return rows.with_columns(pl.when(number.is_finite()).then(number))


def draw_rows(console: Terminal, rows: pl.DataFrame) -> None:
    """Draw a table, or one record after another if words would be cut. A pipe has any width."""
    shown = rows.head(MAX_ROWS_SHOWN)
    table = make_table(shown)
    size = Measurement.get(console, console.options.update(max_width=MAX_WIDTH), table)
    if not console.is_terminal:
        console.width = max(console.width, size.maximum)
    if size.minimum <= console.width:
        console.print(table)
    else:
        draw_records(console, shown)
    more = f", the first {MAX_ROWS_SHOWN} shown; use --json or --csv for all" if rows.height > MAX_ROWS_SHOWN else ""
    console.print(f"{rows.height:,} row{'s' * (rows.height != 1)}{more}", style="dim")


def make_table(rows: pl.DataFrame) -> Table:
    table = Table(box=None)
    for name in rows.columns:
        table.add_column(Text(show(name)), overflow="fold")
    for row in rows.iter_rows():
        table.add_row(*(Text(show(value)) for value in row))
    return table


def draw_records(console: Terminal, rows: pl.DataFrame) -> None:
    for place, row in enumerate(rows.iter_rows(), 1):
        console.print(f"row {place:,}", style="dim")
        record = Table(box=None, show_header=False)
        record.add_column(no_wrap=True)
        record.add_column(overflow="fold")
        for name, value in zip(rows.columns, row, strict=True):
            record.add_row(Text(show(name), style="bold"), Text(show(value)))
        console.print(record)


def show(value: object) -> str:
    """Return a cell's text: one line without control characters, shortened; empty for NULL."""
    return one_line("" if value is None else str(value), MAX_CELL_LENGTH)
