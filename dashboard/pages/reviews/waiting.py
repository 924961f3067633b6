"""Open pull requests by whose turn it is: the reviewers', the author's, or that of whoever merges."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboard.pages.reviews.mine import choose_me, select_mine
from dashboard.parts import tables
from dashboard.parts.behind import Behind
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.life.turns import Turn
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.reviews import read_open_turns
from warehouse.words import plural

MINE = "mine"
NOTES = {
    MINE: "reviews asked of this person or a team of theirs, and their own that wait for an answer or the merge",
    Turn.REVIEW: "ready, and the author has done what was asked so far",
    Turn.AUTHOR: "somebody reviewed or commented, and nothing was pushed or said since",
    Turn.MERGE: "approved, and not merged",
}
TITLES = {MINE: "Mine", Turn.REVIEW: "Review", Turn.AUTHOR: "Author", Turn.MERGE: "Merge"}
TurnTable = tuple[pl.DataFrame, list[str]]


def draw_waiting(page: Context) -> None:
    """Draw the choice of the turn with its counts, first what waits for a person, and its pull requests."""
    rows = page.remember("turns", lambda: read_turns(page))
    if rows.is_empty():
        st.caption("No open pull request is ready for review, or the next run has yet to compute whose turn it is.")
        return
    me = choose_me(rows)
    by_turn = page.remember(("tables of turns", me), lambda: make_tables(page, rows, me))
    turn = st.segmented_control(
        "Whose turn",
        list(by_turn),
        format_func=lambda name: f"{TITLES[name]} ({len(by_turn[name][1]):,})",
        default=next(iter(by_turn)),
        required=True,
        key=f"turn_{bool(me)}",
        label_visibility="collapsed",
    )
    turn = turn or next(iter(by_turn))
    drafts = page.remember("open drafts", lambda: count_drafts(page))
    left_out = f"; {plural(drafts, 'open draft')} not among them" if drafts else ""
    st.caption(f"{NOTES[turn]}{left_out}")
    table, ids = by_turn[turn]
    if not ids:
        st.caption("Nothing waits for you now." if turn == MINE else "None is waiting for that now.")
        return
    tables.draw_turns(table, ids)


def make_tables(page: Context, rows: pl.DataFrame, me: str) -> dict[str, TurnTable]:
    """Return the table of each turn with the ids of its rows, first of what waits for `me` if it is a login."""
    parts = {MINE: select_mine(page, rows, me)} if me else {}
    parts |= {turn: rows.filter(pl.col("turn") == turn) for turn in TITLES if turn != MINE}
    return {turn: (table_of(page, shown), shown["id"].to_list()) for turn, shown in parts.items()}


def read_turns(page: Context) -> pl.DataFrame:
    """Return the open pull requests that the filters keep, without drafts and those left out: `turn`, `turn_since`."""
    kept = Behind(BY_NAME["open_prs"]).select(page).select(id="pull_request_id")
    return page.reader.read(read_open_turns).join(kept, on="id", how="semi").sort("is_forgotten", "turn_since", "id")


def count_drafts(page: Context) -> int:
    """Count the open drafts that the filters keep: they wait for nobody."""
    return Behind(BY_NAME["open_prs"]).select(page).filter(pl.col("is_draft")).height


def table_of(page: Context, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the table of one turn, one row per pull request."""
    hours = [max(0.0, (page.filters.end - at) / timedelta(hours=1)) for at in rows["turn_since"]]
    return pl.DataFrame(
        {
            "Waits": [format.hours(value) for value in hours],
            "PR": [f"#{number}" for number in rows["number"]],
            "Title": [format.cell(title) for title in rows["title"]],
            "Whose turn": [_say_whose(*row) for row in rows.select("turn", "turn_login").iter_rows()],
            "Asked": [_say_asked(asked) for asked in rows["requested_reviewers"].to_list()],
            "Author": [format.cell(login, 60) for login in rows["author_login"]],
            "Repository": [format.cell(name, 100) for name in rows["name"]],
            "Lines": rows["size_lines"],
        },
        schema_overrides={"Waits": pl.String},
    )


def _say_whose(turn: str, login: str | None) -> str:
    if turn == Turn.MERGE.value:
        return "whoever merges"
    return format.cell(login, 60) or "any reviewer"


def _say_asked(asked: list[str] | None) -> str:
    return format.cell(", ".join(asked), 200) if asked else "nobody"
