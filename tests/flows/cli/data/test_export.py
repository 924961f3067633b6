"""`prflow export`, over a warehouse of three pull requests."""

import json
from pathlib import Path

import polars as pl
import pytest

from flows.cli import app as cli
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.export import is_export
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


def test_an_exported_file_is_a_plain_database_with_every_table_and_comment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, warehouse: Warehouse
) -> None:
    file = tmp_path / "out.duckdb"
    assert prflow(monkeypatch, "export", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out)["tables"]["pull_requests"] == 3
    with warehouse.cursor() as cursor:
        cursor.execute(f"ATTACH '{file}' AS file (READ_ONLY)")
        names = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'file'").fetchall()
        sql = "SELECT comment FROM duckdb_columns() WHERE database_name = 'file' AND column_name = 'merged_at'"
        comments = cursor.execute(sql).fetchall()
        cursor.execute("DETACH file")
    assert {name for (name,) in names} == set(schema.readable_tables())
    assert ("GitHub: mergedAt; NULL if not merged",) in comments


def test_in_csv_no_cell_is_a_formula_and_parquet_keeps_the_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert prflow(monkeypatch, "export", str(tmp_path / "c"), "--format", "csv") == 0
    assert pl.read_csv(tmp_path / "c" / "pull_requests.csv")["title"].sort()[0] == "'=HYPERLINK(1)"
    assert prflow(monkeypatch, "export", str(tmp_path / "p"), "--format", "parquet") == 0
    assert sorted(pl.read_parquet(tmp_path / "p" / "pull_requests.parquet")["title"]) == sorted(TITLES)


def test_what_is_there_is_replaced_only_by_force(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, warehouse: Warehouse
) -> None:
    file = tmp_path / "mine.duckdb"
    file.write_text("mine")
    assert prflow(monkeypatch, "export", str(file)) == 1
    assert "--force" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert prflow(monkeypatch, "export", str(file), "--force") == 0
    assert file.read_bytes() != b"mine"
    assert is_export(warehouse, file, "duckdb"), "which --force replaces"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_file_that_holds_other_data_is_never_replaced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, warehouse: Warehouse
) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute(f"ATTACH '{tmp_path / 'mine.duckdb'}' AS mine")
        cursor.execute("CREATE TABLE mine.papers AS SELECT 1 AS one")
        cursor.execute("DETACH mine")
    (tmp_path / "data.parquet").write_bytes(b"PAR1 and so on")
    catalog = warehouse.settings.home / "warehouse/catalog.sqlite"
    for file in (catalog, tmp_path / "mine.duckdb", tmp_path / "data.parquet"):
        before = file.read_bytes()
        assert prflow(monkeypatch, "export", str(file), "--force") == 1
        assert "left alone" in capsys.readouterr().err
        assert file.read_bytes() == before


@pytest.mark.parametrize("kind", ["duckdb", "csv", "parquet"])
def test_a_folder_of_somebody_elses_is_never_replaced(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "mine.txt").write_text("mine")
    assert prflow(monkeypatch, "export", str(tmp_path / "papers"), "--format", kind, "--force") == 1
    assert "left alone" in capsys.readouterr().err
    assert (tmp_path / "papers" / "mine.txt").read_text() == "mine"


def test_an_earlier_export_is_replaced_as_a_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for _ in range(2):
        assert prflow(monkeypatch, "export", str(tmp_path / "out"), "--format", "csv", "--force") == 0
    assert len(list((tmp_path / "out").iterdir())) == len(schema.readable_tables())
