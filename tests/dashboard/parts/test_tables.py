"""Tables of pull requests and of groups: what their cells say, and that what is said first fits the page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from dashboard.pages.data_health import runs
from dashboard.parts import groups, tables
from dashboard.parts.groups import scale_durations
from dashboard.parts.tables import PullRequestTable
from warehouse.metrics.registry import BY_NAME

AS_OF = datetime(2026, 11, 28, 12, tzinfo=UTC)
# The width of a table over the page, and of one in half of it, on a screen of 1400 px.
PAGE, PANEL, HALF = 996, 968, 462


def pull_requests(state: str, cycle_time: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": ["PR_1"], "state": [state], "is_draft": [False], "created_at": [AS_OF - timedelta(days=3)],
            "number": [7], "title": ["Add a basket"], "cycle_time_hours": [cycle_time], "first_review_hours": [31.0],
            "full_name": ["acme/web"], "author_login": ["ada"], "work_type": ["feature"], "size_lines": [12],
            "updated_at": [AS_OF], "ai_level": [None], "merged_at": [AS_OF],
        },
        schema_overrides={"cycle_time_hours": pl.Float64, "ai_level": pl.String},
    )  # fmt: skip


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[PullRequestTable]:
    made: list[PullRequestTable] = []
    monkeypatch.setattr(tables, "draw_table", made.append)
    return made


@pytest.mark.parametrize(
    ("state", "cycle_time", "said"),
    [("MERGED", 71.9, "3.0 d"), ("OPEN", None, "3.0 d"), ("MERGED", 22.4, "22 h"), ("CLOSED", None, None)],
)
def test_one_column_says_how_long_it_took_or_has_been_open(
    drawn: list[PullRequestTable], state: str, cycle_time: float | None, said: str | None
) -> None:
    tables.draw_pull_requests(pull_requests(state, cycle_time), AS_OF)
    row = drawn[0].rows.row(0, named=True)
    assert row["Time"] == said
    assert row["Review"] == "31 h"


def test_the_columns_of_pull_requests_fit_a_screen_of_1400_px_with_most_of_a_title(
    drawn: list[PullRequestTable],
) -> None:
    rows = pull_requests("MERGED", 1.0)
    tables.draw_pull_requests(rows, AS_OF)
    tables.draw_merged(rows, "merged", pl.DataFrame({"id": ["PR_1"], "risk_reasons": [["large_change"]]}))
    tables.draw_turns(pl.DataFrame({"Title": ["Add a basket"]}), ["PR_1"])
    for table, width in zip(drawn, (PAGE, PANEL, PANEL), strict=True):
        widths: dict[str, Any] = {name: column["width"] for name, column in table.columns.items()}
        assert sum(widths.values()) <= width
        assert widths["Title"] >= 300


@pytest.mark.parametrize("name", ["cycle_time_p50_hours", "merged_prs", "reviewed_share", "pr_size_p50_lines"])
def test_groups_side_by_side_fit_half_a_page(name: str) -> None:
    rows = pl.DataFrame({"Value": [1.0]})
    columns: dict[str, Any] = groups._columns(BY_NAME[name], "Repository", rows, "")
    assert sum(column["width"] for column in columns.values()) <= HALF


@pytest.mark.parametrize(
    ("hours", "told", "number_format"),
    [
        ([71.9, 24.0, None], [71.9 / 24, 1.0, None], "%.1f d"),
        ([22.4, 0.25, None], [22.4, 0.25, None], "%.1f h"),
        ([0.9, 0.25, None], [54.0, 15.0, None], "%d min"),
        ([None], [None], "%d min"),
    ],
)
def test_durations_of_groups_have_one_unit_and_sort_as_numbers(
    hours: list[float | None], told: list[float | None], number_format: str
) -> None:
    rows = pl.DataFrame({"Value": hours}, schema={"Value": pl.Float64})
    scaled, found = scale_durations(rows, BY_NAME["cycle_time_p50_hours"])
    assert found == number_format
    assert scaled["Value"].to_list() == pytest.approx(told)
    counts = pl.DataFrame({"Value": [3.0]})
    assert scale_durations(counts, BY_NAME["merged_prs"]) == (counts, "")


def test_a_column_that_says_nothing_in_any_row_leaves_its_room_to_others() -> None:
    rows = pl.DataFrame({"Run": ["a", "b"], "Problem": [None, None], "To do": [0, 0], "Failed": [0, 1]})
    assert tables.drop_empty(rows, ("Problem", "To do", "Failed")).columns == ["Run", "Failed"]
    assert tables.drop_empty(rows.clear(), ("Failed",)).columns == ["Run", "Problem", "To do"]


def test_a_run_in_order_fits_a_screen_of_1400_px() -> None:
    columns: dict[str, Any] = runs.make_columns()
    assert sum(column["width"] for name, column in columns.items() if name not in runs.OPTIONAL) <= PANEL
