"""Tables of pull requests and repositories: text columns only, so that nothing in a title is more than text."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import streamlit as st

from dashboard.parts import cards, drawer
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.compute import compute_period
from warehouse.metrics.registry import BY_NAME

STATES = {"OPEN": "Open", "MERGED": "Merged", "CLOSED": "Closed", "DRAFT": "Draft"}
STATE_COLORS = ["green", "violet", "red", "gray"]
STAGES = ["No review yet", "In review"]
STAGE_COLORS = ["red", "orange"]
REPOSITORY_METRICS = ("merged_prs", "cycle_time_p50_hours", "first_review_p50_hours", "pr_size_p50_lines")
AI_WORDS = {"authored": "Authored", "assisted": "Assisted", "mentioned": "Mentioned"}


def draw_pull_requests(page: Context, rows: pl.DataFrame) -> None:
    """One page of pull requests; a click anywhere in a row opens the drawer."""
    shown = pl.DataFrame(
        {
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title, 200) for title in rows["title"]],
            "Repository": [_name(name) for name in rows["full_name"]],
            "State": [[_state(row)] for row in rows.select("state", "is_draft").iter_rows(named=True)],
            "Type": [format.cell(kind).replace("_", "/") or None for kind in rows["work_type"]],
            "Lines": rows["size_lines"],
            "First review": [_hours(value) for value in rows["first_review_hours"]],
            "Cycle time": [_hours(value) for value in rows["cycle_time_hours"]],
            "Author": [format.cell(login, 60) for login in rows["author_login"]],
            "Updated": rows["updated_at"],
            "AI": [AI_WORDS.get(level or "") for level in rows["ai_level"]],
        },
        schema_overrides={"Type": pl.String, "AI": pl.String, "First review": pl.String, "Cycle time": pl.String},
    )
    _draw(
        shown,
        rows["id"].to_list(),
        "pull_requests",
        {
            "PR": st.column_config.TextColumn(width=60),
            "Title": st.column_config.TextColumn(width=290),
            "Repository": st.column_config.TextColumn(width=120),
            "State": st.column_config.MultiselectColumn(options=list(STATES.values()), color=STATE_COLORS, width=80),
            "Type": st.column_config.TextColumn(width=90, help="Work type, by rule or as the model read it"),
            "Lines": st.column_config.NumberColumn(width=60, format="localized"),
            "First review": st.column_config.TextColumn(width=85, alignment="right"),
            "Cycle time": st.column_config.TextColumn(width=80, alignment="right"),
            "Author": st.column_config.TextColumn(width=105),
            "Updated": st.column_config.DatetimeColumn(width=70, format="DD MMM"),
            "AI": st.column_config.TextColumn(width=85, help="At least: as far as evidence was found"),
        },
        page,
        height="content",
        alt="Pull requests",
    )


def draw_waiting(page: Context, rows: pl.DataFrame, height: int) -> None:
    """Open pull requests, how long they have been waiting, and for what."""
    since = rows.select(pl.coalesce("ready_at", "created_at"))[:, 0]
    ages = [max(0.0, (page.filters.end - at) / timedelta(days=1)) for at in since]
    shown = pl.DataFrame(
        {
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title, 200) for title in rows["title"]],
            "Stage": [[STAGES[0] if at is None else STAGES[1]] for at in rows["first_review_at"]],
            "Age": ages,
            "Lines": rows["size_lines"],
            "Repository": [_name(name) for name in rows["full_name"]],
            "Author": [format.cell(login, 60) for login in rows["author_login"]],
        },
        schema_overrides={"Age": pl.Float64},
    )
    _draw(
        shown,
        rows["id"].to_list(),
        "waiting",
        {
            "PR": st.column_config.TextColumn(width=60),
            "Title": st.column_config.TextColumn(width=200),
            "Stage": st.column_config.MultiselectColumn(options=STAGES, color=STAGE_COLORS, width=110),
            "Age": st.column_config.ProgressColumn(
                "Age (days)", min_value=0, max_value=max([*ages, 1.0]), format="%.1f", width=110
            ),
            "Lines": st.column_config.NumberColumn(width=70, format="localized"),
        },
        page,
        height=height if rows.height > 8 else "content",
        alt="Open pull requests that wait longest",
    )


def draw_repositories(page: Context, height: int) -> None:
    """One row per followed repository: the cards' metrics over the same period."""
    repositories = page.reader.repositories()
    if page.filters.repository_ids:
        repositories = repositories.filter(pl.col("id").is_in(list(page.filters.repository_ids)))
    rows = [_repository(page, row["id"], row["full_name"]) for row in repositories.iter_rows(named=True)]
    table = pl.DataFrame(rows, schema_overrides={"Merged": pl.Int64}).sort("Merged", descending=True, nulls_last=True)
    st.dataframe(
        table,
        hide_index=True,
        height=height if table.height > 9 else "content",
        row_height=34,
        column_config={
            "Repository": st.column_config.TextColumn(width=130),
            "Merged": st.column_config.ProgressColumn(
                min_value=0, max_value=max([*table["Merged"].drop_nulls(), 1]), format="%d", width=100
            ),
            "Cycle time": st.column_config.TextColumn(alignment="right", width=80),
            "First review": st.column_config.TextColumn(alignment="right", width=90),
            "Size": st.column_config.TextColumn(alignment="right", width=80),
        },
        alt="Merged pull requests, cycle time, first review and size by repository",
    )


def _repository(page: Context, repository_id: str, full_name: str) -> dict[str, Any]:
    prs = page.prs.filter(pl.col("repository_id") == repository_id)
    found = {
        name: compute_period(BY_NAME[name], prs, page.filters.start, page.filters.end, with_bots=page.filters.has_bots)
        for name in REPOSITORY_METRICS
    }
    others = [cards.value_text(BY_NAME[name], found[name]) for name in REPOSITORY_METRICS[1:]]
    return {
        "Repository": _name(full_name),
        "Merged": found["merged_prs"].n,
        **dict(zip(("Cycle time", "First review", "Size"), others, strict=True)),
    }


def _draw(
    shown: pl.DataFrame, ids: list[str], name: str, columns: dict[str, Any], page: Context, height: Any, alt: str
) -> None:
    """A table whose clicked row opens the drawer. The key changes with each click: the same row opens again."""
    turn = st.session_state.setdefault(f"{name}_turn", 0)
    key = f"{name}_{turn}"
    st.dataframe(
        shown,
        hide_index=True,
        height=height,
        column_config=columns,
        key=key,
        on_select=_opener(name, key, ids),
        selection_mode="single-cell",
        row_height=34,
        placeholder=format.MISSING,
        alt=alt,
    )


def _opener(name: str, key: str, ids: list[str]) -> Callable[[], None]:
    def open_drawer() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and cells[0][0] < len(ids):
            drawer.ask_for(ids[cells[0][0]])
            st.session_state[f"{name}_turn"] += 1

    return open_drawer


def _state(row: dict[str, Any]) -> str:
    return STATES["DRAFT"] if row["state"] == "OPEN" and row["is_draft"] else STATES.get(row["state"], row["state"])


def _hours(value: float | None) -> str | None:
    return None if value is None else format.hours(value)


def _name(full_name: str | None) -> str:
    return format.cell((full_name or "").partition("/")[2] or full_name, 100)
