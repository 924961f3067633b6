"""The signs of AI: how often each row of signatures.toml matched, and how many of those a person found right."""

import polars as pl
import streamlit as st

from dashboard.parts.tables import draw_readings
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.precision.agreement import compute_agreement
from warehouse.reads.reading_checks import DRAWN, SIGN


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
        st.dataframe(
            make_table(rows),
            hide_index=True,
            height="auto",
            placeholder=format.MISSING,
            alt="Signs of AI and how many are right",
        )
        sign = st.selectbox("To judge", rows["subject"].to_list(), key="sign_to_judge", format_func=format.cell)
        draw_readings(drawn.filter(pl.col("subject") == sign), "signs")


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
