"""The panel about the analysis: which pull requests rules or a model analysed, and what it cost."""

import polars as pl
import streamlit as st

from dashboard.reading import format
from dashboard.reading.rows import AnalysisGroup, make_rows
from dashboard.shell.context import Context


def draw_analysis(page: Context) -> None:
    """Draw how many pull requests were analysed by rules and by which model, and why others were not."""
    rows = page.reader.analysis_summary()
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown("**Analysis**")
        st.caption("who analysed the pull requests, and at what cost")
        if rows.is_empty():
            st.caption("No pull request has been analysed yet.")
            return
        st.dataframe(
            pl.DataFrame(
                {
                    "By": [_say_analyst(group) for group in make_rows(AnalysisGroup, rows)],
                    "PRs": rows["pull_requests"],
                    "Tokens": rows["tokens"],
                    "Cost": rows["cost_usd"],
                }
            ),
            hide_index=True,
            column_config={
                "By": st.column_config.TextColumn(width="medium"),
                "PRs": st.column_config.NumberColumn(format="localized"),
                "Tokens": st.column_config.NumberColumn(format="localized"),
                "Cost": st.column_config.NumberColumn(format="$%.4f", help="At list price, if it is known"),
            },
            placeholder=format.MISSING,
            alt="Pull requests analysed by rules and by models",
        )


def _say_analyst(group: AnalysisGroup) -> str:
    match group.status, group.source:
        case None, _:
            return "Not analysed yet"
        case "done", "rule":
            return "Rules"
        case "done", _:
            model, provider = group.model or "a model", group.provider or "unknown provider"
            return format.cell(model if provider in model else f"{model} ({provider})")
        case status, _:
            return format.cell(f"{str(status).capitalize()}: {format.error_code(group.error_code)}")
