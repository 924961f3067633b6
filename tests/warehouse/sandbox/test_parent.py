"""A query runs in a process of its own and is ended when it takes too much."""

import os
from pathlib import Path

import pytest

from tests.warehouse.sandbox.attacks import READS_A_FILE
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.sandbox.bounds import Bounds
from warehouse.sandbox.errors import QueryFailed, QueryRefused, QueryTooLarge
from warehouse.sandbox.parent import child_environment, read_result, run_query
from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.slow


def test_rows_come_back_with_their_types(warehouse: Warehouse) -> None:
    rows = run_query(
        warehouse.settings, "SELECT 1 AS a, 'x' AS b, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS at, INTERVAL 1 DAY AS i"
    )
    assert rows.row(0)[:2] == (1, "x")
    assert rows["at"][0].isoformat() == "2026-01-01T00:00:00+00:00"
    assert rows["i"][0] == "1 day"


def test_two_columns_of_one_name_are_told_apart(warehouse: Warehouse) -> None:
    assert run_query(warehouse.settings, "SELECT 1 AS x, 2 AS x, 3 AS x").to_dicts() == [{"x": 1, "x_1": 2, "x_2": 3}]


def test_a_query_without_rows_keeps_its_columns(warehouse: Warehouse) -> None:
    assert run_query(warehouse.settings, "SELECT team_id FROM teams").columns == ["team_id"]


def test_what_may_not_run_is_said_in_one_sentence(warehouse: Warehouse) -> None:
    with pytest.raises(QueryRefused, match="DELETE"):
        run_query(warehouse.settings, "DELETE FROM teams")
    with pytest.raises(QueryFailed, match="nosuch"):
        run_query(warehouse.settings, "SELECT * FROM nosuch")


def test_a_file_is_no_table(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("secret")
    for sql in READS_A_FILE:
        with pytest.raises(QueryFailed):
            run_query(warehouse.settings, sql.format(file=tmp_path / "file"))


def test_too_many_rows_are_an_error_and_not_cut_in_silence(warehouse: Warehouse) -> None:
    with pytest.raises(QueryTooLarge, match="1,000 rows"):
        run_query(warehouse.settings, "SELECT * FROM range(1001)", Bounds(rows=1_000))
    assert run_query(warehouse.settings, "SELECT * FROM range(1000)", Bounds(rows=1_000)).height == 1_000


def test_the_first_rows_are_enough_if_asked_for(warehouse: Warehouse) -> None:
    bounds = Bounds(rows=15_000, first_rows_only=True)
    assert run_query(warehouse.settings, "SELECT * FROM range(40000)", bounds)["range"].to_list() == list(range(15_000))
    assert run_query(warehouse.settings, "SELECT * FROM range(3)", bounds).height == 3


def test_a_query_that_never_ends_is_ended(warehouse: Warehouse) -> None:
    endless = "SELECT sum(hash(range)) FROM range(1000000000000000)"  # needs time alone, no memory
    with pytest.raises(QueryTooLarge, match="3 seconds"):
        run_query(warehouse.settings, endless, Bounds(seconds=3))


@pytest.mark.parametrize(
    "bomb",
    [
        "SELECT list(range) FROM range(10000000000)",
        "SELECT repeat('x', 2000000000) || repeat('y', 2000000000)",
        "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)",
    ],
)
def test_memory_is_bounded(bomb: str, warehouse: Warehouse) -> None:
    with pytest.raises(QueryFailed):
        run_query(warehouse.settings, bomb, Bounds(seconds=60, memory_bytes=256 << 20))


def test_a_missing_warehouse_is_said_as_everywhere(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissing):
        run_query(WarehouseSettings(home=tmp_path, warehouse_catalog="", warehouse_data=""), "SELECT 1")


def test_the_child_is_given_no_token() -> None:
    kept = child_environment(dict(os.environ) | {"GITHUB_TOKEN": "x", "GROQ_API_KEY": "y", "PREFECT_API_KEY": "z"})
    assert not {"GITHUB_TOKEN", "GROQ_API_KEY", "PREFECT_API_KEY"} & kept.keys()


def test_lists_as_text_are_cut_in_the_child_and_count_with_what_is_left(warehouse: Warehouse) -> None:
    large = "SELECT (SELECT list(true) FROM range(20000)) AS a, {'k': [1, 2]} AS b, NULL::INT[] AS c FROM range(50)"
    result = read_result(warehouse.settings, large, Bounds(result_bytes=150_000, nested_chars=2_001))
    assert result.has_nested
    assert result.rows["a"][0] == ("[" + "true," * 500)[:2_001]
    assert result.rows.row(0)[1:] == ('{"k":[1,2]}', None)
    with pytest.raises(QueryTooLarge, match="larger than 1 MB"):
        read_result(warehouse.settings, large, Bounds(result_bytes=1 << 20, nested_chars=1 << 20))
    kept = read_result(warehouse.settings, "SELECT [1, 2] AS a, {'k': 1} AS b", Bounds())
    assert (kept.rows.row(0), kept.has_nested) == (([1, 2], {"k": 1}), True)
    assert not read_result(warehouse.settings, "SELECT 1 AS a, '[]' AS b", Bounds(nested_chars=1)).has_nested


def test_a_text_that_an_enum_holds_once_counts_in_each_row(warehouse: Warehouse) -> None:
    text = "=" + "x" * 1_000
    sql = f"SELECT '{text}'::ENUM('{text}') AS a FROM range(2000)"
    assert run_query(warehouse.settings, sql)["a"].to_list() == [text] * 2_000
    with pytest.raises(QueryTooLarge, match="larger than 1 MB"):
        run_query(warehouse.settings, sql, Bounds(result_bytes=1 << 20))
