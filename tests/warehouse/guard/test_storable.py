"""What no column can hold is replaced or left out, wherever it comes; the rest of its row is stored."""

from datetime import UTC, datetime

import polars as pl
import pytest
from sqlalchemy import Table

from warehouse import schema
from warehouse.committer import MergeRows, combine
from warehouse.connection import Warehouse
from warehouse.guard.storable import is_storable, make_storable
from warehouse.store import Merge, commit

TYPES = {
    "text": pl.String(),
    "texts": pl.List(pl.String),
    "count": pl.Int32(),
    "points": pl.Int64(),
    "at": pl.Datetime("us", "UTC"),
}
NUL = "NUL characters were left out"
SURROGATE = "characters that are not text were replaced"
TABLES = list(schema.metadata.tables.values())


@pytest.mark.parametrize(
    ("column", "value", "stored", "words"),
    [
        ("text", "a\x00b", "ab", NUL),
        ("text", "half \ud83d", "half \N{REPLACEMENT CHARACTER}", SURROGATE),
        ("texts", ["a\x00", "b"], ["a", "b"], NUL),
        ("texts", ["\udc00"], ["\N{REPLACEMENT CHARACTER}"], SURROGATE),
        ("texts", "no list", [], "it is no list of texts"),
        ("count", 2**31, None, "a number of that size cannot be stored"),
        ("count", -1, None, "a number below 0 cannot be stored"),
        ("count", 1e30, None, "a number of that size cannot be stored"),
        ("count", "many", None, "the time 'many' cannot be stored"),
        ("points", 2**63, None, "a number of that size cannot be stored"),
        ("at", "10000-01-01T00:00:00Z", None, "the time '10000-01-01T00:00:00Z' cannot be stored"),
        ("at", "+10000-01-01T00:00:00Z", None, "the time '+10000-01-01T00:00:00Z' cannot be stored"),
        ("at", "0000-12-31T00:00:00Z", None, "the time '0000-12-31T00:00:00Z' cannot be stored"),
        ("at", "2026-02-30T00:00:00Z", None, "the time '2026-02-30T00:00:00Z' cannot be stored"),
        ("at", {"time": 1}, None, "a value of another type cannot be stored"),
    ],
)
def test_a_value_that_no_column_holds_is_replaced_or_left_out(
    column: str, value: object, stored: object, words: str
) -> None:
    rows = [{"text": "fine", "count": 1}, {"text": "fine", column: value}]
    assert not is_storable(rows, TYPES)
    made, altered = make_storable(rows, TYPES)
    assert made == [rows[0], {**rows[1], column: stored}]
    assert [(each.row, each.column, each.words) for each in altered] == [(1, column, words)]
    assert is_storable(made, TYPES)


def test_what_can_be_stored_is_left_alone() -> None:
    rows = [
        {
            "text": "\N{GRINNING FACE} \N{REPLACEMENT CHARACTER}",
            "texts": ["a", "b"],
            "count": 2**31 - 1,
            "points": 2**63 - 1,
            "at": "1969-12-31T23:59:59+05:30",
        },
        {"text": None, "texts": [], "at": datetime(2026, 8, 22, tzinfo=UTC)},
        {"at": None},
    ]
    assert is_storable(rows[:1], TYPES)
    assert is_storable(rows[1:], TYPES)
    assert make_storable(rows, TYPES) == (rows, [])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_text_or_list_column_of_any_table_ends_a_commit(shared_warehouse: Warehouse, table: Table) -> None:
    """Small commits are kept in the catalog as SQL text, which a NUL would cut."""
    warehouse = shared_warehouse
    types = schema.polars_schema(table)
    hostile = {
        name: "'\x00\ud800\"" if kind == pl.String else ["\x00'", "\udfff"]
        for name, kind in types.items()
        if kind in (pl.String(), pl.List(pl.String))
    }
    times = {name: "99999-01-01T00:00:00Z" for name, kind in types.items() if isinstance(kind, pl.Datetime)}
    numbers = {name: 2**70 for name, kind in types.items() if kind in (pl.Int32(), pl.Int64())}
    row = {**hostile, **times, **numbers, **{name: None for name, kind in types.items() if kind == pl.Date()}}
    there = warehouse.read(f"SELECT * FROM {table.name}").to_dicts()
    commit(warehouse, Merge(table, schema.frame(table, [row], row)))
    commit(warehouse, *combine([MergeRows(table, [row])], set()))
    (found, *_) = (one for one in warehouse.read(f"SELECT * FROM {table.name}").to_dicts() if one not in there)
    replaced = "\N{REPLACEMENT CHARACTER}"
    assert {found[name] for name in hostile if types[name] == pl.String} <= {f"'{replaced}\""}
    assert all(found[name] == ["'", replaced] for name in hostile if types[name] != pl.String)
    assert all(found[name] is None for name in (*times, *numbers))
