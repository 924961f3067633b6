"""The largest merged pull requests of the period, with what the model or the rules say that they do."""

import streamlit as st

from dashboard.parts import drawer
from dashboard.parts.behind import Behind
from dashboard.reading import format
from dashboard.reading.rows import PieceOfWork, make_rows
from dashboard.shell.context import Context
from warehouse.metrics.facts import KEY
from warehouse.metrics.registry import BY_NAME
from warehouse.words import plural

MAX_PIECES = 6
MAX_SUMMARY = 400


def draw_pieces(page: Context) -> None:
    """Draw the largest ones side by side; the button of each opens it."""
    ids = page.remember("largest", lambda: choose_largest(page))
    if not ids:
        st.caption("No pull request was merged in the period. A longer period may have some.")
        return
    with st.grid(2, min_column_width=280):
        for piece in make_rows(PieceOfWork, page.reader.pieces_of_work(ids)):
            with st.container(border=True, height="stretch", gap="xsmall"):
                _draw_piece(piece)


def choose_largest(page: Context) -> tuple[str, ...]:
    """Return the ids of the largest merged pull requests of the period, the largest first."""
    merged = Behind(BY_NAME["pr_size_p50_lines"]).select(page)
    return tuple(merged.sort("size_lines", KEY, descending=[True, False]).head(MAX_PIECES)[KEY])


def _draw_piece(piece: PieceOfWork) -> None:
    st.markdown(f"**{format.escape(piece.title, 160)}**")
    lines = plural(piece.size_lines or 0, "line")
    st.caption(f"{format.escape(piece.full_name)} · by {format.escape(piece.author_login)} · {lines}")
    if piece.summary:
        st.text(format.plain(piece.summary, MAX_SUMMARY))
    else:
        st.caption("Not read by the model yet, so there is no summary.")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if piece.work_type:
            st.badge(format.escape(format.work_type(piece.work_type)), color="blue")
        if st.button(f"Open #{piece.number}", key=f"piece_{piece.id}", type="tertiary", icon=":material/open_in_full:"):
            drawer.ask_for(piece.id)
