"""Tables of pull requests, in text columns: nothing in a title is more than text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.parts import drawer
from dashboard.reading import format
from dashboard.shell.context import Context

STATES = {"OPEN": "Open", "MERGED": "Merged", "CLOSED": "Closed", "DRAFT": "Draft"}
STATE_COLORS = ["green", "violet", "red", "gray"]
STAGES = ["No review yet", "In review"]
STAGE_COLORS = ["red", "orange"]
AI_LEVELS = {
    "authored": "Authored",
    "assisted": "Assisted",
    "contains": "In some commits",
    "denied": "Denied",
    "mentioned": "Mentioned",
}
# Longer tables scroll inside the height that their panel has.
MAX_WAITING_ROWS = 8
WAITING_HEIGHT = 310
ROW_HEIGHT = 34

Height = int | Literal["content"]


@dataclass(frozen=True)
class PullRequestTable:
    """A table whose clicked row opens the drawer; `ids` are the pull requests of its rows."""

    name: str
    rows: pl.DataFrame
    ids: list[str]
    columns: dict[str, ColumnConfig]
    height: Height
    alt: str


def draw_pull_requests(rows: pl.DataFrame, as_of: datetime) -> None:
    """Draw one page of pull requests; a click anywhere in a row opens the drawer. Open ones are as old as at `as_of`.

    What tells them apart comes first: on a phone the other columns are to the right of the screen.
    """
    columns: dict[str, ColumnConfig] = {
        "State": st.column_config.MultiselectColumn(options=list(STATES.values()), color=STATE_COLORS, width=72),
        "Time": st.column_config.TextColumn(
            width=55, alignment="right", help="The cycle time if it is merged; since the opening while it is open"
        ),
        "PR": st.column_config.TextColumn(width=54),
        "Title": st.column_config.TextColumn(width=305),
        "Review": st.column_config.TextColumn(width=58, alignment="right", help="Wait for the first review"),
        "Repository": st.column_config.TextColumn(width=96),
        "Author": st.column_config.TextColumn(width=85),
        "Type": st.column_config.TextColumn(width=78, help="Type of work, decided by a rule or by the model"),
        "Lines": st.column_config.NumberColumn(width=52, format="localized"),
        "Updated": st.column_config.DatetimeColumn(width=75, format="DD MMM YY"),
        "AI": st.column_config.TextColumn(width=66, help="A lower bound: as far as evidence was found"),
    }
    draw_table(
        PullRequestTable(
            "pull_requests", _pull_request_rows(rows, as_of), rows["id"].to_list(), columns, "content", "Pull requests"
        )
    )


def _pull_request_rows(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    states = rows.select("state", "is_draft").iter_rows()
    return pl.DataFrame(
        {
            "State": [[_say_state(state, is_draft)] for state, is_draft in states],
            "Time": [
                _say_time(state, opened, cycle_time, as_of)
                for state, opened, cycle_time in rows.select("state", "created_at", "cycle_time_hours").iter_rows()
            ],
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title, 200) for title in rows["title"]],
            "Review": [_hours(value) for value in rows["first_review_hours"]],
            "Repository": [_short_name(name) for name in rows["full_name"]],
            "Author": [format.cell(login, 60) for login in rows["author_login"]],
            "Type": [format.work_type(kind) for kind in rows["work_type"]],
            "Lines": rows["size_lines"],
            "Updated": rows["updated_at"],
            "AI": [AI_LEVELS.get(level or "") for level in rows["ai_level"]],
        },
        schema_overrides=dict.fromkeys(("Time", "Type", "AI", "Review"), pl.String),
    )


def _say_time(state: str, opened: datetime | None, cycle_time: float | None, as_of: datetime) -> str | None:
    """Say how long it took, or has been open; None if it was closed without a merge."""
    if state != "OPEN" or opened is None:
        return _hours(cycle_time)
    return format.hours(max(0.0, (as_of - opened) / timedelta(hours=1)))


def draw_waiting(page: Context, rows: pl.DataFrame, height: int) -> None:
    """Draw open pull requests, how long each has been waiting, and for what."""
    since = rows.select(pl.coalesce("ready_at", "created_at"))[:, 0]
    hours = [max(0.0, (page.filters.end - at) / timedelta(hours=1)) for at in since]
    columns: dict[str, ColumnConfig] = {
        "Stage": st.column_config.MultiselectColumn(options=STAGES, color=STAGE_COLORS, width=102),
        "Waits": st.column_config.TextColumn(width=58, alignment="right", help="Since it was ready for review"),
        "PR": st.column_config.TextColumn(width=50),
        "Title": st.column_config.TextColumn(),
        "Repository": st.column_config.TextColumn(width=95),
        "Author": st.column_config.TextColumn(width=75),
        "Lines": st.column_config.NumberColumn(width=50, format="localized"),
    }
    draw_table(
        PullRequestTable(
            "waiting",
            _waiting_rows(rows, hours),
            rows["id"].to_list(),
            columns,
            height if rows.height > MAX_WAITING_ROWS else "content",
            "Open pull requests that have waited longest",
        )
    )


def _waiting_rows(rows: pl.DataFrame, hours: list[float]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Stage": [[STAGES[0] if at is None else STAGES[1]] for at in rows["first_review_at"]],
            "Waits": [format.hours(value) for value in hours],
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title, 200) for title in rows["title"]],
            "Repository": [_short_name(name) for name in rows["full_name"]],
            "Author": [format.cell(login, 60) for login in rows["author_login"]],
            "Lines": rows["size_lines"],
        },
        schema_overrides={"Waits": pl.String},
    )


def draw_merged(rows: pl.DataFrame, name: str, risk_reasons: pl.DataFrame | None = None) -> None:
    """Draw merged pull requests, in the order of the rows; with `risk_reasons` (`id`, `risk_reasons`) in words."""
    table = pl.DataFrame(
        {
            "Merged": rows["merged_at"],
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title, 200) for title in rows["title"]],
            "Lines": rows["size_lines"],
            "Repository": [_short_name(name) for name in rows["full_name"]],
            "Author": [format.cell(login, 60) for login in rows["author_login"]],
        }
    )
    columns: dict[str, ColumnConfig] = {
        "Merged": st.column_config.DatetimeColumn(width=75, format="DD MMM YY"),
        "Why": st.column_config.TextColumn(width=265, help="What the rules and the model say that it touches"),
        "PR": st.column_config.TextColumn(width=54),
        "Title": st.column_config.TextColumn(width=320),
        "Lines": st.column_config.NumberColumn(width=54, format="localized"),
        "Repository": st.column_config.TextColumn(width=100),
        "Author": st.column_config.TextColumn(width=100),
    }
    if risk_reasons is not None:
        reasons = dict(risk_reasons.select("id", "risk_reasons").iter_rows())
        words = [format.cell(", ".join(reasons.get(key) or []).replace("_", " "), 300) for key in rows["id"]]
        table.insert_column(1, pl.Series("Why", words, dtype=pl.String))
    height: Height = WAITING_HEIGHT if rows.height > MAX_WAITING_ROWS else "content"
    draw_table(PullRequestTable(name, table, rows["id"].to_list(), columns, height, "Merged pull requests"))


def draw_turns(table: pl.DataFrame, ids: list[str]) -> None:
    """Draw open pull requests and how long each has been waiting for its turn."""
    columns: dict[str, ColumnConfig] = {
        "Waits": st.column_config.TextColumn(width=58, alignment="right", help="Since it became their turn"),
        "PR": st.column_config.TextColumn(width=54),
        "Title": st.column_config.TextColumn(width=370),
        "Whose turn": st.column_config.TextColumn(width=118, help="Who was asked, or reviewed it last"),
        "Asked": st.column_config.TextColumn(width=118, help="Whose review is requested, people and teams"),
        "Author": st.column_config.TextColumn(width=100),
        "Repository": st.column_config.TextColumn(width=96),
        "Lines": st.column_config.NumberColumn(width=54, format="localized"),
    }
    height: Height = WAITING_HEIGHT if table.height > MAX_WAITING_ROWS else "content"
    draw_table(PullRequestTable("turns", table, ids, columns, height, "Open pull requests by whose turn it is"))


def draw_readings(rows: pl.DataFrame, name: str, *, has_said: bool = True) -> None:
    """Draw readings for a person to judge, in the order of the draw; a click in a row opens the drawer.

    `has_said` is False if what was said stands above the table already.
    """
    table = pl.DataFrame(
        {
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title, 200) for title in rows["title"]],
            "Said": [format.cell(said.replace("_", "/"), 60) for said in rows["said"]],
            "Repository": [_short_name(full_name) for full_name in rows["full_name"]],
            "Judged": ["Right" if right else "" if right is None else "Wrong" for right in rows["is_right"]],
        }
    )
    columns: dict[str, ColumnConfig] = {
        "PR": st.column_config.TextColumn(width=54),
        "Title": st.column_config.TextColumn(width=250),
        "Said": st.column_config.TextColumn(width=100),
        "Repository": st.column_config.TextColumn(width=100),
        "Judged": st.column_config.TextColumn(width=62),
    }
    if not has_said:
        table = table.drop("Said")
    height: Height = WAITING_HEIGHT if table.height > MAX_WAITING_ROWS else "content"
    ids = rows["pull_request_id"].to_list()
    draw_table(PullRequestTable(name, table, ids, columns, height, "Pull requests to judge"))


def drop_empty(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Drop those of the columns that say nothing in any row: an empty one pushes a full one off the screen."""
    is_empty = [rows[name].is_null().all() or not any(rows[name].to_list()) for name in names]
    return rows.drop([name for name, empty in zip(names, is_empty, strict=True) if empty])


def draw_table(table: PullRequestTable) -> None:
    """Draw the table. Its key changes with each click, so that a click in the same row opens the drawer again."""
    turn = st.session_state.setdefault(f"{table.name}_turn", 0)
    key = f"{table.name}_{turn}"
    st.dataframe(
        table.rows,
        hide_index=True,
        height=table.height,
        column_config=table.columns,
        key=key,
        on_select=_drawer_opener(table, key),
        selection_mode="single-cell",
        row_height=ROW_HEIGHT,
        placeholder=format.MISSING,
        alt=table.alt,
    )


def _drawer_opener(table: PullRequestTable, key: str) -> Callable[[], None]:
    def open_drawer() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and cells[0][0] < len(table.ids):
            drawer.remember_list(table.ids)
            drawer.ask_for(table.ids[cells[0][0]])
            st.session_state[f"{table.name}_turn"] += 1

    return open_drawer


def _say_state(state: str, is_draft: bool | None) -> str:
    return STATES["DRAFT"] if state == "OPEN" and is_draft else STATES.get(state, state)


def _hours(value: float | None) -> str | None:
    return None if value is None else format.hours(value)


def _short_name(full_name: str | None) -> str:
    return format.cell((full_name or "").partition("/")[2] or full_name, 100)
