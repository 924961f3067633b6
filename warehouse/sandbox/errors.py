"""The errors of a query.

WarehouseError
└── QueryFailed        DuckDB cannot run it; the message is DuckDB's own
    ├── QueryRefused   it would do more than read the warehouse
    └── QueryTooLarge  it takes more time, memory or rows than it may
"""

from warehouse.connection import WarehouseError


class QueryFailed(WarehouseError):
    """DuckDB cannot run the query; the message is DuckDB's own."""

    hint = (
        "Tables and columns: docs/tables.md, or "
        "`prflow sql \"SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'teams'\"`."
    )


class QueryRefused(QueryFailed):
    """The query would do more than read the warehouse; the message says what."""

    hint = (
        "One SELECT, FROM, WITH, VALUES, PIVOT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN over the tables of the warehouse."
    )


class QueryTooLarge(QueryFailed):
    """The query takes more time, memory or rows than it may."""

    hint = "Aggregate, filter or add a LIMIT."
