"""What may run is decided from the parsed statement."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sandbox.attacks import FINE, REACHES_OUT, WRITES
from warehouse.connection import Warehouse
from warehouse.sandbox.errors import QueryFailed, QueryRefused
from warehouse.sandbox.gate import check_query
from warehouse.settings import WarehouseSettings


@pytest.fixture(scope="module")
def cursor(migrated: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = WarehouseSettings(home=migrated, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings, read_only=True) as warehouse, warehouse.cursor() as opened:
        yield opened


@pytest.mark.parametrize("sql", [*WRITES, *REACHES_OUT])
def test_a_statement_that_does_more_than_read_is_refused(
    sql: str, cursor: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = sql.format(file=tmp_path / "file", catalog=tmp_path / "catalog.sqlite")
    with pytest.raises(QueryFailed):
        check_query(cursor, text)


@pytest.mark.parametrize("sql", FINE)
def test_a_statement_that_reads_may_run(sql: str, cursor: duckdb.DuckDBPyConnection) -> None:
    assert check_query(cursor, sql) == sql


def test_what_others_do_in_duckdbs_default_connection_changes_nothing(cursor: duckdb.DuckDBPyConnection) -> None:
    duckdb.begin()
    try:
        with pytest.raises(duckdb.Error):
            duckdb.execute("SELECT error('aborted')")
        assert check_query(cursor, "PIVOT (FROM teams) ON status USING count(*) GROUP BY team_id")
    finally:
        duckdb.rollback()


@pytest.mark.parametrize("sql", ["", "  \n ", "SELEC 1", "SELECT FROM WHERE"])
def test_a_text_that_is_no_query_fails_with_duckdbs_words(sql: str, cursor: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryFailed):
        check_query(cursor, sql)


def test_a_query_nested_without_end_is_one_error(cursor: duckdb.DuckDBPyConnection) -> None:
    deep = "SELECT " + "(" * 20_000 + "1" + ")" * 20_000
    with pytest.raises(QueryFailed):
        check_query(cursor, deep)


def test_a_query_of_any_length_is_one_error(cursor: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryRefused, match="100,000"):
        check_query(cursor, "SELECT '" + "x" * 200_000 + "'")
