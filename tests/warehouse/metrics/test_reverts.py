"""One definition of a revert, the same for Python, Polars and DuckDB."""

import re

import duckdb
import polars as pl
import pytest

from warehouse.metrics.reverts import BODY, BRANCH, TITLE, Named, find_named, find_quoted, is_revert


@pytest.mark.parametrize(
    ("title", "body", "head_ref", "expected"),
    [
        ("Undo", "Reverts #12", "", (Named(12),)),
        ("Undo", "Reverts  #12", "", (Named(12),)),
        ("Undo", "Reverts\tacme/shop#12", "", (Named(12, "acme/shop"),)),
        ("Undo", "It broke.\n\n  reverts #12\r\nREVERTS acme/shop#13", "", (Named(12), Named(13, "acme/shop"))),
        ("Revert PR #14", "Reverts #12", "revert-13-cache", (Named(12), Named(13), Named(14))),
        ('Revert "Add cache"', "", "", ()),
        ("Undo", "> Reverts #12", "", ()),
        ("Undo", "This Reverts #12", "", ()),
        ("Undo", "Reverts#12 and reverts #12a", "", ()),
        ("Undo", "Reverts are hard, see #12", "my-revert-12-", ()),
        ("Undo", "Reverts #1234567890", "", ()),
    ],
)
def test_a_pull_request_names_what_it_reverts(
    title: str, body: str, head_ref: str, expected: tuple[Named, ...]
) -> None:
    assert find_named(title, body, head_ref) == expected


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ('Revert "Add cache"', "", True),
        ('Revert "Add cache" again', "", True),
        ("revert(shop)!: add cache", "", True),
        ("Undo", "This reverts commit 3f786850e387550f.", True),
        ("Undo", "Reverts  #12", True),
        ("Revert to the old font", "", False),
        ("Undo", "Unlike before:\nThis reverts commit 3f786850e3.", False),
    ],
)
def test_a_revert_is_known_by_its_title_or_body(title: str, body: str, expected: bool) -> None:
    assert is_revert(title, body, "") is expected


@pytest.mark.parametrize(
    ("title", "quoted"),
    [('Revert "Add cache"', "Add cache"), ('Revert "Revert "Add""', 'Revert "Add"'), ('Revert "Add" again', None)],
)
def test_a_title_quotes_what_it_reverts(title: str, quoted: str | None) -> None:
    assert find_quoted(title) == quoted


@pytest.mark.parametrize("pattern", [BODY, BRANCH, TITLE])
@pytest.mark.parametrize(
    "text",
    [
        "Reverts  #12",
        "Why:\r\n\treverts\tacme/shop#12.",
        "Reverts #12a",
        "revert-12-cache",
        "Revert #1",
        "revert: x",
        "",
    ],
)
def test_a_pattern_means_the_same_to_python_polars_and_duckdb(pattern: str, text: str) -> None:
    by_python = re.search(pattern, text) is not None
    assert pl.select(pl.lit(text).str.contains(pattern)).item() is by_python
    assert duckdb.execute("SELECT regexp_matches(?, ?)", [text, pattern]).fetchall() == [(by_python,)]
