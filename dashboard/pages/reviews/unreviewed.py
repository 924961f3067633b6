"""What was merged without a review by a person other than the author."""

import streamlit as st

from dashboard.parts import tables
from dashboard.parts.behind import Behind
from dashboard.shell.context import Context
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.words import plural

MAX_ROWS = 25
WITHOUT_REVIEW = Behind(BY_NAME["reviewed_share"], part="no")


def draw_unreviewed(page: Context) -> None:
    """Draw how many of how many were merged unseen, with their list, and the latest of them."""
    ids = page.remember("unreviewed", lambda: WITHOUT_REVIEW.ids(page))
    merged = page.remember("merged with reviews", lambda: Behind(BY_NAME["reviewed_share"]).select(page).height)
    if not merged:
        st.caption("No pull request was merged in the period.")
        return
    if not ids:
        st.caption(f"All {plural(merged, 'merged pull request')} of the period had a review by another person.")
        return
    label = f"{len(ids):,} of {merged:,} merged"
    if st.button(label, key="see_unreviewed", type="tertiary", icon=":material/arrow_forward:"):
        WITHOUT_REVIEW.open(page)
    if len(ids) > MAX_ROWS:
        st.caption(f"The latest {MAX_ROWS} are shown.")
    rows = page.reader.pull_requests(PullRequestQuery(ids=ids, sort="merged", limit=MAX_ROWS))
    tables.draw_merged(rows, "unreviewed")
