"""What neither rules nor model could tell about the merged pull requests of the period, each with its list."""

import streamlit as st

from dashboard.parts.behind import NOT_KNOWN, Behind
from dashboard.shell.context import Context
from warehouse.metrics.registry import BY_NAME

# The part of the merged pull requests, what it means, and what to do.
GAPS = {
    f"analysis_status={NOT_KNOWN}": ("Not read yet", "the next run reads them; Data health & sync says what is left"),
    "analysis_status=failed": ("The analysis failed", "the next run tries again; the drawer says why"),
    "analysis_status=refused": ("The model refused", "another model may read them"),
    "work_type=unclear": ("Type of work unclear", "a clearer title or description helps, or a label"),
    "risk=unclear": ("Risk unclear", "too little of the change could be read"),
    "confidence=low": ("The model was not sure of the type", "worth a look before counting on it"),
}


def of_gap(part: str) -> Behind:
    """Return the merged pull requests of the period in that gap."""
    return Behind(BY_NAME["merged_prs"], part=part)


def draw_unknown(page: Context) -> None:
    """Draw one row per gap that has pull requests; a button lists them."""
    merged = page.remember("merged", lambda: Behind(BY_NAME["merged_prs"]).select(page).height)
    if not merged:
        st.caption("No pull request was merged in the period. A longer period may have some.")
        return
    counts = page.remember("gaps", lambda: {part: len(of_gap(part).ids(page)) for part in GAPS})
    if not any(counts.values()):
        st.caption(f"All {merged:,} merged pull requests of the period were read, and their type and risk told.")
        return
    for part, count in counts.items():
        if count:
            _draw_gap(page, part, count, merged)


def _draw_gap(page: Context, part: str, count: int, merged: int) -> None:
    title, advice = GAPS[part]
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"{count:,} of {merged:,}"
        if st.button(label, key=f"gap_{part}", type="tertiary", icon=":material/arrow_forward:"):
            of_gap(part).open(page)
        st.markdown(f"**{title}**: {advice}.", width="content")
