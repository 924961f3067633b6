"""Hostile text for lines, Markdown, spreadsheets and terminals."""

import html
import re
import unicodedata
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from warehouse.connection import Warehouse
from warehouse.export import export
from warehouse.guard.untrusted import FORMULA, INVISIBLE, ZERO_WIDTH, escape_markdown, is_formula, neutralise, one_line
from warehouse.schema import frame, repositories
from warehouse.store import Merge, commit

EVERY_CHARACTER = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
SIGNS = [one for one in EVERY_CHARACTER if unicodedata.normalize("NFKC", one) in {"=", "+", "-", "@"}]
TRIGGERS = [*SIGNS, "\t", "\r", "\n"]
UNSEEN = [one for one in EVERY_CHARACTER if unicodedata.category(one) in {"Zs", "Zl", "Zp", "Cc", "Cf"}]
FILLERS = list("\u034f\u115f\u1160\u2800\u3164\ufe0f\uffa0\U000e0100")


@pytest.mark.parametrize("start", TRIGGERS)
def test_whatever_looks_like_a_sign_of_a_formula_begins_one(start: str) -> None:
    assert is_formula(f"{start}1")
    assert neutralise(f"{start}1") == f"'{start}1"


def test_nothing_unseen_before_a_sign_hides_it() -> None:
    assert [one for one in UNSEEN + FILLERS if not is_formula(f"{one}=1")] == []


@given(st.text(st.sampled_from([*UNSEEN, *FILLERS]), max_size=6), st.sampled_from(TRIGGERS), st.text(max_size=5))
def test_a_formula_behind_anything_unseen_is_neutralised_once(before: str, start: str, after: str) -> None:
    safe = neutralise(before + start + after)
    assert safe == f"'{before}{start}{after}"
    assert neutralise(safe) == safe


@given(st.text(max_size=12))
def test_the_rule_of_duckdb_and_polars_is_the_same(text: str) -> None:
    assert pl.Series([text]).str.contains(FORMULA).item() == is_formula(text)
    assert duckdb.sql("SELECT regexp_matches($text, $rule)", params={"text": text, "rule": FORMULA}).fetchone() == (
        is_formula(text),
    )


@pytest.mark.parametrize("text", ["Fix a=b", "", "'=1", "a\n=1", "1-2", "(=1)", "É", "—", None])
def test_other_text_stays_as_it_is(text: str | None) -> None:
    assert neutralise(text) == text


def test_an_export_of_csv_holds_to_it(warehouse: Warehouse, tmp_path: Path) -> None:
    names = ["\n=2+5", "＝2+5", " \u200b=2+5", "\ufeff+1", "\u00a0@SUM(1)", "\t-1"]
    rows = [{"id": f"R_{at}", "team_id": "acme", "full_name": name} for at, name in enumerate(names)]
    commit(warehouse, Merge(repositories, frame(repositories, rows)))
    export(warehouse, tmp_path / "out", "csv", lambda _table, _rows: None)
    exported = pl.read_csv(tmp_path / "out" / "repositories.csv").sort("id")["full_name"].to_list()
    assert exported == [f"'{name}" for name in names]


# --- Markdown and lines -------------------------------------------------------------------------------

HOSTILE = [
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "<img src=http://evil.example/x.png>",
    "<script>alert(1)</script>",
    "a | b | c",
    "`code` ``` **bold** # head",
    "a\n\n| b |\n|---|",
    "http://evil.example www.evil.example me@evil.example",
    "![x][y]\n\n[y]: http://evil.example",
    "&lt;img src=x&gt;",
]


MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")


@pytest.mark.parametrize("text", HOSTILE)
def test_in_markdown_it_is_text_and_nothing_else(text: str) -> None:
    escaped = escape_markdown(text)
    assert not re.search(r"(://|www\.|@)\w", escaped.replace("\\", "")), "a bare address becomes a link"
    page = MARKDOWN.render(f"| a | b |\n|---|---|\n| {escaped} | 1 |\n\n{escaped}")
    assert set(re.findall(r"<(\w+)", page)) == {"table", "thead", "tbody", "tr", "th", "td", "p"}
    assert page.count("<td>") == 2
    shown = html.unescape(page.rpartition("<p>")[2].partition("</p>")[0]).replace(ZERO_WIDTH, "")
    assert shown == one_line(text)


@given(st.text(max_size=40))
def test_a_line_is_one_line_without_anything_unseen(text: str) -> None:
    line = one_line(text)
    assert INVISIBLE.search(line) is None
    assert line.splitlines() in ([], [line])
    assert one_line(line) == line


def test_every_control_character_and_every_mark_of_direction_is_invisible() -> None:
    controls = [one for one in EVERY_CHARACTER if unicodedata.category(one) == "Cc" and one not in "\t\n"]
    marks = list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert [one for one in controls + marks if not INVISIBLE.match(one)] == []
