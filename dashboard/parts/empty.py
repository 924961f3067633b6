"""What stands where there is nothing to show, and why: never a 0, never a panel without a reason."""

import polars as pl
import streamlit as st

from dashboard.reading import format
from dashboard.shell import filters
from dashboard.shell.context import Context


def is_without_numbers(page: Context) -> bool:
    """True before the metrics of the team were computed once."""
    return page.reader.pull_request_metrics().is_empty()


def is_without_pull_requests(page: Context) -> bool:
    """True where the filters keep no pull request that was opened, merged or closed in the period."""
    start, end = page.filters.start, page.filters.end
    within = [pl.col(name).is_between(start, end, closed="left") for name in ("opened_at", "merged_at", "closed_at")]
    return page.prs.filter(pl.any_horizontal(*within) | (pl.col("state") == "OPEN")).is_empty()


def draw_not_computed(page: Context) -> None:
    """The pull requests may be there, their numbers are not."""
    st.info(
        "The numbers of this team have not been computed yet: that is a step of the import. "
        "The page **Pull requests** shows what was fetched so far.",
        title="Not computed yet",
        icon=":material/calculate:",
    )


def draw_no_match(page: Context, more: str = "") -> None:
    """Says which filter leaves nothing, and offers to clear it; `more` is what the page itself narrows by."""
    words = " · ".join(part for part in (page.filters.words, more) if part)
    st.info(
        f"No pull request matches: {format.escape(words)}.",
        title="Nothing to show for these filters",
        icon=":material/filter_alt_off:",
    )
    st.button("Clear the filters", on_click=filters.clear, icon=":material/filter_alt_off:", key="clear_filters")
