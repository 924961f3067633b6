"""Ask the data: what a statement gives, what it may not, and that nothing in a result is more than text."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.ask import result, result_chart, running
from dashboard.pages.ask.questions import QUESTIONS, Question
from dashboard.shell import navigation
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.sandbox.gate import check_query
from warehouse.settings import WarehouseSettings

Open = Callable[[Path], AppTest]


def open_ask(open_app: Open, home: Path, sql: str = "") -> AppTest:
    app = open_app(home).run()
    if sql:
        app.query_params["sql"] = sql
    return app.switch_page(str(navigation.ASK.script)).run()


def said(app: AppTest) -> str:
    parts = [str(item.value) for kind in ("markdown", "caption", "error", "info", "code") for item in app.get(kind)]
    return "\n".join(parts + [str(item.proto.title) for item in app.get("info")])


def test_there_are_ten_questions_with_titles_of_their_own() -> None:
    assert len({question.title for question in QUESTIONS}) == 10


@pytest.mark.parametrize("question", QUESTIONS, ids=[question.title for question in QUESTIONS])
def test_every_question_passes_the_gate_and_has_an_answer_for_this_team_alone(
    seeded_home: Any, seed: ModuleType, question: Question
) -> None:
    settings = WarehouseSettings(home=seeded_home("complete"), warehouse_catalog="", warehouse_data="")
    with Warehouse(settings, read_only=True) as warehouse, warehouse.cursor() as cursor:
        rows = cursor.execute(check_query(cursor, question.for_team(seed.TEAM))).pl()
        others = cursor.execute(question.for_team("o'hara")).pl()
    assert rows.columns == others.columns
    assert others.is_empty()


def test_a_link_with_a_statement_opens_with_its_answer(open_app: Open, seeded_home: Any) -> None:
    sql = (
        "SELECT merged_at::DATE AS day, count(*) AS merged, '=1+1' AS formula FROM pull_requests "
        "WHERE merged_at > '2026-11-01' GROUP BY ALL ORDER BY day"
    )
    app = open_ask(open_app, seeded_home("complete"), sql)
    assert not app.exception
    assert app.text_area(key="sql").value == sql
    table = app.dataframe[0].value
    assert f"**{len(table)} rows**" in said(app)
    assert set(table["formula"]) == {"'=1+1"}
    assert len(app.get("echarts_chart")) == 1
    assert [button.proto.label for button in app.get("download_button")] == ["CSV", "Parquet"]


def test_what_duckdb_says_is_shown_and_the_statement_stays_in_the_history(open_app: Open, seeded_home: Any) -> None:
    home = seeded_home("complete")
    app = open_ask(open_app, home, "SELECT nosuch FROM pull_requests")
    assert not app.exception
    assert "nosuch" in app.get("code")[0].value
    assert str(home) not in said(app)
    assert not app.dataframe
    app.menu_button(key="question").click(9).run()
    assert len(app.dataframe[0].value) == 6
    app.run()  # a menu has what was asked before it was drawn
    before = app.menu_button(key="asked_before")
    assert [end in said for said, end in zip(before.options, ("6 rows", "failed"), strict=True)] == [True, True]
    before.click(1).run()
    assert app.text_area(key="sql").value == "SELECT nosuch FROM pull_requests"


def test_messages_lose_the_folders_and_keep_their_lines() -> None:
    settings = WarehouseSettings(home=Path("/srv/data/prflow"), warehouse_catalog="", warehouse_data="")
    message = 'IO Error: Could not read "/srv/data/prflow/warehouse/data/a.parquet"\nLINE 1: FROM x\n        ^\x1b[31m'
    cleaned = running._clean(message, running.hidden_folders(settings))
    assert cleaned == 'IO Error: Could not read "…/a.parquet"\nLINE 1: FROM x\n        ^[31m'


def test_switched_off_the_page_says_so_and_runs_nothing(
    open_app: Open, seeded_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_SQL", "false")
    app = open_ask(open_app, seeded_home("complete"), "SELECT 1")
    assert not app.exception
    assert "SQL is switched off" in said(app)
    assert not app.dataframe
    assert not app.text_area


def test_every_table_can_be_looked_up_with_its_comments(open_app: Open, seeded_home: Any) -> None:
    app = open_ask(open_app, seeded_home("complete"))
    assert "Nothing asked yet" in said(app)
    assert app.selectbox(key="table").options == list(schema.readable_tables())
    app.selectbox(key="table").set_value("reviews").run()
    assert f"{schema.reviews.comment}." in said(app)
    assert all(str(column.comment) in said(app) for column in schema.reviews.columns)


TIMES = [datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({"at": TIMES, "n": [1, 2]}, ("at", ["n"], None)),
        ({"on": [date(2026, 1, 5), date(2026, 1, 12)], "n": [1, None], "x": [0.5, 1]}, ("on", ["n", "x"], None)),
        ({"at": [*TIMES, *TIMES], "kind": ["a", "a", "b", "b"], "n": [1, 2, 3, 4]}, ("at", ["n"], "kind")),
        ({"at": [*TIMES, *TIMES], "kind": ["a", "a", "a", "b"], "n": [1, 2, 3, 4]}, None),
        ({"at": TIMES[:1], "n": [1]}, None),
        ({"at": TIMES, "text": ["a", "b"]}, None),
        ({"n": [1, 2]}, None),
    ],
)
def test_a_result_with_a_time_and_a_number_has_a_chart(rows: dict[str, list[Any]], found: Any) -> None:
    chart = result_chart.find(pl.DataFrame(rows))
    assert (chart and (chart.time, chart.numbers, chart.group)) == found


def test_groups_and_gaps_are_drawn_as_text_and_as_nothing() -> None:
    rows = pl.DataFrame({"at": TIMES, "<b>n</b>": [1.0, float("nan")]})
    chart = result_chart.find(rows)
    assert chart is not None
    option: Any = result_chart.option(rows, chart, "<b>n</b>")
    assert option["tooltip"]["renderMode"] == "richText"
    assert [value for _, value in option["series"][0]["data"]] == [1.0, None]


def test_a_parquet_file_keeps_lists() -> None:
    rows = pl.DataFrame({"names": [["a", "b"]]})
    assert pl.read_parquet(io.BytesIO(result.write_parquet(rows))).equals(rows)


def test_lists_are_cut_on_the_page_and_complete_in_the_files(open_app: Open, seeded_home: Any) -> None:
    numbers = list(range(10_000))
    sql = (
        "SELECT (SELECT list(range) FROM range(10000)) AS numbers, ['=a'] AS texts, NULL::INT[] AS none FROM range(20)"
    )
    app = open_ask(open_app, seeded_home("complete"), sql)
    assert not app.exception
    answer = app.session_state[running.LAST]
    assert answer.rows.estimated_size() < 100_000
    shown = app.dataframe[0].value
    assert shown["numbers"][0] == f"{json.dumps(numbers, separators=(',', ':'))[: running.MAX_CELL - 1]}…"
    assert shown["texts"][0] == '["=a"]'
    file = pl.read_csv(result.write_csv(running.read_for_file(answer, running.WITH_JSON, {})).encode())
    assert file.height == 20
    assert json.loads(file["numbers"][19]) == numbers
    assert running.read_for_file(answer, running.WITH_LISTS, {})["numbers"][19].to_list() == numbers


def test_long_text_is_cut_before_it_is_prepared() -> None:
    rows = pl.DataFrame({"text": ["x" * 5_000, "y" * running.MAX_CELL, "=1", None], "n": [1, 2, 3, 4]})
    shown = result.shorten(rows)
    assert shown["text"].to_list() == ["x" * (running.MAX_CELL - 1) + "…", "y" * running.MAX_CELL, "'=1", None]
    assert shown["n"].to_list() == [1, 2, 3, 4]
