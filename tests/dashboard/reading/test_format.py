"""Values turned into text, and hostile text made harmless."""

from datetime import UTC, datetime

import polars as pl
import pytest

from dashboard.pages.pull_requests import exports
from dashboard.reading import format


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.5, "30 min"),
        (3.64, "3.6 h"),
        (29.2, "29 h"),
        (47.9, "48 h"),
        (72.0, "3.0 d"),
        (9988.8, "416 d"),
        (36000, "1,500 d"),
    ],
)
def test_a_duration_has_the_unit_that_reads_best(value: float | None, text: str) -> None:
    assert format.hours(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(None, "count", "–"), (1234.0, "count", "1,234"), (68.4, "lines", "68 lines"), (0.514, "share", "51 %")],
)
def test_a_value_carries_its_unit_and_nothing_is_never_zero(value: float | None, unit: str, text: str) -> None:
    assert format.measure(value, unit) == text


@pytest.mark.parametrize(("value", "text"), [(1, "1 second"), (44, "44 seconds"), (90, "2 minutes"), (7200, "2 hours")])
def test_a_wait_is_said_in_words(value: float, text: str) -> None:
    assert format.seconds(value) == text


def test_an_error_code_is_said_in_words() -> None:
    assert format.error_code("broken_json") == "broken json"
    assert format.error_code(None) == "no reason given"


def test_text_for_a_cell_is_one_line_without_invisible_characters() -> None:
    assert format.plain("a\n\tb\u202egnp\u202c\u200b\x1b[31m  c") == "a bgnp[31m c"


def test_text_for_a_cell_is_cut_with_a_mark() -> None:
    assert format.plain("abcdef", 4) == "abc…"


@pytest.mark.parametrize("mark", list("\\`*_{}[]()<>#+-.!|~$:&"))
def test_every_mark_of_markdown_is_escaped(mark: str) -> None:
    assert f"\\{mark}" in format.escape(f"a{mark}b")


@pytest.mark.parametrize("address", ["https://evil.example", "http://evil.example", "www.evil.example", "a@e.example"])
def test_no_address_in_a_title_becomes_a_link(address: str) -> None:
    assert "\u200b" in format.escape(address)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", " =", "\u200b="])
def test_a_cell_of_a_table_begins_no_formula_since_the_table_has_a_download(start: str) -> None:
    assert format.cell(f"{start}1+1") == f"'{start[-1]}1+1"
    assert format.cell("Fix a=b") == "Fix a=b"


def test_a_csv_neutralises_text_and_leaves_numbers() -> None:
    rows = pl.DataFrame({"title": ["=1+1", "ok"], "hours": [-1.5, 2.0], "at": [datetime(2026, 1, 2, tzinfo=UTC)] * 2})
    assert exports.write_csv(rows).decode().splitlines() == [
        "title,hours,at",
        "'=1+1,-1.5,2026-01-02T00:00:00Z",
        "ok,2.0,2026-01-02T00:00:00Z",
    ]


def test_a_parquet_keeps_text_and_types() -> None:
    rows = pl.DataFrame({"title": ["=1+1"], "at": [datetime(2026, 1, 2, tzinfo=UTC)]})
    assert pl.read_parquet(exports.write_parquet(rows)).equals(rows)


def test_a_link_is_built_from_owner_repository_and_number() -> None:
    assert format.pull_request_url("https://github.com/", "acme/api", 7) == "https://github.com/acme/api/pull/7"


@pytest.mark.parametrize(
    ("web_url", "full_name"),
    [
        ("javascript:alert(1)", "acme/api"),
        (None, "acme/api"),
        ("https://github.com", "acme/../../x"),
        ("https://x", "acme"),
    ],
)
def test_no_link_is_built_from_what_is_no_address(web_url: str | None, full_name: str) -> None:
    assert format.pull_request_url(web_url, full_name, 7) is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [("bugfix", "bug fix"), ("build_ci", "build, CI"), ("docs", "docs"), ("=x_y", "'=x y"), (None, None)],
)
def test_a_type_of_work_is_said_in_words(kind: str | None, words: str | None) -> None:
    assert format.work_type(kind) == words
