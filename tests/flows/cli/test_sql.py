"""`prflow sql`, over a warehouse of three pull requests."""

import json
from io import StringIO

import polars as pl
import pytest

from flows.cli import app as cli
from flows.cli.parts.terminal import Terminal
from flows.cli.sql import draw_rows
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit

TITLES = ("=HYPERLINK(1)", "a \x1b[31mred\x1b[0m title", "plain")


@pytest.fixture(autouse=True)
def _home(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    rows = [{"id": f"PR_{n}", "number": n, "title": title, "labels": ["x", "y"]} for n, title in enumerate(TITLES, 1)]
    commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, rows)))


def prflow(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["prflow", *arguments])
    try:
        cli.main()
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


def test_a_query_is_shown_as_a_table_without_what_a_terminal_would_obey(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prflow(monkeypatch, "sql", "SELECT number, title FROM pull_requests ORDER BY number") == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "3 rows" in said


def test_json_and_csv_give_every_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert prflow(monkeypatch, "sql", "SELECT number, labels FROM pull_requests ORDER BY 1", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0] == {"number": 1, "labels": ["x", "y"]}
    assert prflow(monkeypatch, "sql", "SELECT number, labels FROM pull_requests ORDER BY 1", "--csv") == 0
    assert capsys.readouterr().out.splitlines()[1] == '1,"[""x"", ""y""]"'
    assert prflow(monkeypatch, "sql", "SELECT title FROM pull_requests WHERE number = 1", "--csv") == 0
    assert capsys.readouterr().out.splitlines()[1] == "'=HYPERLINK(1)"


WIDE = pl.DataFrame({f"a_column_{n}": ["northwind/analytics-pipelines"] for n in range(9)})


@pytest.mark.parametrize(("is_terminal", "lines"), [(True, 11), (False, 3)], ids=["terminal", "pipe"])
def test_no_cell_is_cut_where_the_columns_do_not_fit(is_terminal: bool, lines: int) -> None:
    output = StringIO()
    draw_rows(Terminal(file=output, force_terminal=is_terminal, no_color=True, width=80), WIDE)
    said = output.getvalue()
    assert said.count("northwind/analytics-pipelines") == 9
    assert len(said.splitlines()) == lines


# Expression, how it is written, its value in JSON.
VALUES = (
    ("INTERVAL 90 MINUTE", "01:30:00", "01:30:00"),
    ("[INTERVAL 1 DAY]", "[1 day]", "[1 day]"),
    ("'\\x00\\xAA'::BLOB", "\\x00\\xAA", "\\x00\\xAA"),
    ("sum(number)", "6", 6),
    ("avg(number) / 0", "inf", None),
    ("0.5::DECIMAL(4, 2)", "0.50", 0.5),
)


def test_a_value_of_any_type_is_shown_and_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"SELECT {', '.join(f'{expression} AS x' for expression, _, _ in VALUES)} FROM pull_requests"
    assert prflow(monkeypatch, "sql", query) == 0
    shown = capsys.readouterr().out
    assert [cell for _, cell, _ in VALUES if cell not in shown] == []
    assert prflow(monkeypatch, "sql", "--csv", query) == 0
    assert capsys.readouterr().out.splitlines()[1] == ",".join(cell for _, cell, _ in VALUES)
    assert prflow(monkeypatch, "sql", "--json", query) == 0
    row = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)[0]
    assert list(row.values()) == [value for _, _, value in VALUES]


@pytest.mark.parametrize(
    ("query", "words"), [("DELETE FROM pull_requests", "not DELETE"), ("SELEC", "syntax error"), (" ", "Give a query")]
)
def test_what_cannot_be_run_is_said_and_changes_nothing(
    query: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    warehouse: Warehouse,
) -> None:
    assert prflow(monkeypatch, "sql", query) == 1
    assert words in capsys.readouterr().err
    assert warehouse.read("FROM pull_requests").height == 3
