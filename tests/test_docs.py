"""What the documents tell a reader to type works as it stands there."""

import re
import shlex
from pathlib import Path

import duckdb
import pytest

from docs.command_line import find_commands, find_examples
from warehouse.connection import Warehouse
from warehouse.home.attaching import extension_file
from warehouse.questions.views import keep_views
from warehouse.reads.explanation import Cause, StepName
from warehouse.schema import metadata, sql_type

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(document: str, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall((ROOT / document).read_text(encoding="utf-8")) if kind == language]


@pytest.mark.parametrize("code", blocks("docs/sql.md", "python"))
def test_the_python_of_the_sql_page_runs(code: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the document's own lines
    assert names["frame"] is not None


SQL = [*blocks("docs/sql.md", "sql"), *blocks("docs/missing.md", "sql")]


@pytest.mark.parametrize("sql", [text for text in SQL if "ATTACH" not in text])
def test_the_sql_of_the_documents_runs(sql: str, shared_warehouse: Warehouse) -> None:
    if "_behind" in sql:
        keep_views(shared_warehouse)
    for statement in sql.split(";"):
        if statement.strip() and "AT (TIMESTAMP" not in statement:  # a day ago this warehouse was not there
            shared_warehouse.read(statement)


def test_the_statement_of_the_sql_page_attaches_a_folder_that_was_moved(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.transact(
        lambda cursor: cursor.execute("INSERT INTO teams (team_id) SELECT range FROM range(3000)") and None
    )
    warehouse.close()
    (tmp_path / "moved").mkdir()
    warehouse.settings.home.rename(tmp_path / "moved" / ".prflow")
    monkeypatch.chdir(tmp_path / "moved")
    (statement,) = (part for text in blocks("docs/sql.md", "sql") for part in text.split(";") if "ATTACH" in part)
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as connection:
        for name in ("ducklake", "sqlite_scanner"):
            connection.execute(f"LOAD '{extension_file(name)}'")
        connection.execute(statement)
        assert connection.execute("SELECT count(*) FROM warehouse.teams").fetchall() == [(3000,)]


def test_the_types_in_the_list_of_tables_are_those_that_duckdb_says(shared_warehouse: Warehouse) -> None:
    found = shared_warehouse.read(
        "SELECT table_name, column_name, replace(data_type, 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ') AS data_type "
        "FROM duckdb_columns() WHERE database_name = 'warehouse' AND schema_name = 'main'"
    )
    actual = {(table, column): kind for table, column, kind in found.iter_rows()}
    said = {
        (table.name, column.name): sql_type(column) for table in metadata.tables.values() for column in table.columns
    }
    assert said == {key: actual.get(key) for key in said}


def test_time_travel_reads_an_earlier_moment(warehouse: Warehouse) -> None:
    before = warehouse.read_one("SELECT now() AS moment")
    assert before is not None
    with pytest.raises(duckdb.Error, match="No snapshot found"):
        warehouse.read("SELECT count(*) FROM pull_requests AT (TIMESTAMP => TIMESTAMPTZ '2001-01-01')")


@pytest.mark.parametrize("path", find_commands())
def test_every_command_stands_on_the_page_of_commands_with_all_it_takes(path: str) -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    _, _, section = page.partition(f"\n## {path}\n")
    section = section.partition("\n## ")[0]
    command = find_commands()[path]
    words = [*command.help.split(), *(name for each in command.params for name in each.opts if name.startswith("-"))]
    assert section
    assert [word for word in words if word not in section] == []


@pytest.mark.parametrize("path", find_commands())
def test_the_examples_of_a_command_are_accepted_by_it(path: str) -> None:
    command = find_commands()[path]
    examples = find_examples(command)
    assert examples
    for line in examples:
        assert line.startswith(path)
        arguments = shlex.split(line.removeprefix(path).partition("<")[0])
        command.make_context(path, arguments)


def test_every_cause_for_which_a_pull_request_is_missing_stands_on_its_page() -> None:
    page = (ROOT / "docs/missing.md").read_text(encoding="utf-8")
    assert [cause for cause in Cause if f"`{cause}`" not in page] == []
    assert [step for step in StepName if f"\n| {step} |" not in page] == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []
