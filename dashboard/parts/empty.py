"""Empty states: what a page shows instead of numbers that do not exist, and why; never a 0."""

import polars as pl
import streamlit as st

from dashboard.reading import format
from dashboard.shell import filters, navigation
from dashboard.shell.context import Context


def is_without_numbers(page: Context) -> bool:
    """Return True until the metrics of the team have been computed once."""
    return page.reader.pull_request_metrics().is_empty()


def is_without_pull_requests(page: Context) -> bool:
    """Return True if the filters leave no open pull request, and none opened, merged or closed in the period."""
    return page.remember("is without pull requests", lambda: not _has_pull_requests(page))


def _has_pull_requests(page: Context) -> bool:
    start, end = page.filters.start, page.filters.end
    within = [pl.col(name).is_between(start, end, closed="left") for name in ("opened_at", "merged_at", "closed_at")]
    return bool(page.prs.select((pl.any_horizontal(*within) | (pl.col("state") == "OPEN")).any()).item())


def draw_not_computed() -> None:
    """Say that the pull requests may be there while their numbers are not."""
    st.info(
        "The import has not reached the step that computes this team's numbers. "
        "Until then, the **Pull requests** page lists what has been fetched so far.",
        title="Not computed yet",
        icon=":material/calculate:",
    )


def draw_no_match(page: Context, page_filters: str = "") -> None:
    """Say which filters leave nothing, and offer to clear them; `page_filters` are those of the page itself."""
    words = " · ".join(part for part in (page.filters.summary, page_filters) if part)
    st.info(
        f"No pull request matches these filters: {format.escape(words)}.",
        title="Nothing to show",
        icon=":material/filter_alt_off:",
    )
    with st.container(horizontal=True):
        st.button("Clear the filters", on_click=filters.clear, icon=":material/filter_alt_off:", key="clear_filters")
        page_of_causes = navigation.page(navigation.DATA_HEALTH)
        st.page_link(page_of_causes, label="Why is a pull request missing?", icon=":material/help:")
