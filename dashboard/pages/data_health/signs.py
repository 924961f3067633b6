"""The signs of AI: how often each row of signatures.toml matched, and how many of those a person found right."""

import polars as pl
import streamlit as st

from dashboard.parts.panels import PANEL_WIDTH
from dashboard.parts.tables import draw_readings
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.precision.agreement import compute_agreement
from warehouse.reads.reading_checks import DRAWN, SIGN

# As high as the list to judge beside it, with its choice.
MAX_ROWS = 9
HEIGHT = 355


def draw_signs(page: Context) -> None:
    """Draw one row per sign with hits, and the pull requests of the chosen one to judge."""
    drawn = page.reader.drawn_readings().filter(pl.col("question") == SIGN)
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Signs of AI**")
        st.caption(
            "how often each matched in pull requests that count; of each, "
            f"{DRAWN[SIGN]} are drawn for a person to judge, in the drawer of the pull request"
        )
        if drawn.is_empty():
            st.caption("No sign of AI was found in what was read so far.")
            return
        rows = compute_agreement(drawn).sort("hits", "subject", descending=[True, False])
        with st.grid(2, min_column_width=PANEL_WIDTH):
            with st.container():
                st.dataframe(
                    make_table(rows),
                    hide_index=True,
                    height=HEIGHT if rows.height > MAX_ROWS else "content",
                    placeholder=format.MISSING,
                    alt="Signs of AI and how many are right",
                )
            with st.container(gap="xsmall"):
                names = rows["subject"].to_list()
                sign = st.selectbox(
                    "To judge", names, key="sign_to_judge", format_func=format.cell, label_visibility="collapsed"
                )
                draw_readings(drawn.filter(pl.col("subject") == sign), "signs", has_said=False)


def make_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the table as it is shown."""
    return pl.DataFrame(
        {
            "Sign": [format.cell(name) for name in rows["subject"]],
            "Hits": rows["hits"],
            "Judged": [f"{row['checked']} of {row['drawn']}" for row in rows.iter_rows(named=True)],
            "Right": [
                None if share is None else format.share_between(share, low, high)
                for share, low, high in rows.select("share", "low", "high").iter_rows()
            ],
        },
        schema_overrides={"Right": pl.String},
    )
