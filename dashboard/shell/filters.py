"""The filters of every page, in the sidebar and in the URL: a view is a link."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl
import streamlit as st

# Whole weeks: 30 days hold four weekends or five, and then the same work seems to take longer.
PERIODS = {"2w": 14, "4w": 28, "12w": 84, "52w": 364}
DEFAULT_PERIOD = "4w"
# The first import takes minutes, by which the newest numbers move on from the anchor that its history begins at.
TOLERANCE = timedelta(days=1)
AI = {"all": "All", "assisted": "AI-assisted", "other": "Other"}
AI_SUMMARIES = {"all": "", "assisted": "AI-assisted", "other": "not AI-assisted"}


@dataclass(frozen=True)
class Filters:
    """The choices made in the sidebar.

    The period is `[start, end)`; the period before it, of the same length, begins at `previous_start`. `is_cut` is
    True if the period begins where the fetched history does, later than was asked for. No `repository_ids` means
    all. `ai` is all, assisted (authored or assisted, as far as evidence was found) or other.
    """

    period: str
    start: datetime
    end: datetime
    repository_ids: tuple[str, ...] = ()
    repository_names: tuple[str, ...] = ()
    include_bots: bool = False
    ai: str = "all"
    is_cut: bool = False

    @property
    def previous_start(self) -> datetime:
        return self.start - (self.end - self.start)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def is_narrow(self) -> bool:
        """True if a filter other than the period leaves out pull requests that the default would show."""
        return bool(self.repository_ids) or self.ai != "all"

    @property
    def summary(self) -> str:
        """The choices for a sentence: plain text, with names of repositories in it."""
        parts = [f"since {self.start:%-d %b %Y}" if self.is_cut else f"last {self.days // 7} weeks"]
        parts += [", ".join(self.repository_names)] * bool(self.repository_names)
        parts += ["bots included"] * self.include_bots
        parts.append(AI_SUMMARIES[self.ai])
        return " · ".join(part for part in parts if part)


def begin_with_history(filters: Filters, covered_from: datetime | None) -> Filters:
    """Return the filters with a period that begins no earlier than everything was fetched.

    A number of half a period would pass for a number of the period.
    """
    if covered_from is None or covered_from <= filters.start + TOLERANCE or covered_from >= filters.end:
        return filters
    return replace(filters, start=covered_from, is_cut=True)


def select(prs: pl.DataFrame, filters: Filters) -> pl.DataFrame:
    """Return the rows of `pull_request_metrics` that the filters keep; the period is not applied here."""
    if filters.repository_ids:
        prs = prs.filter(pl.col("repository_id").is_in(list(filters.repository_ids)))
    if not filters.include_bots:
        prs = prs.filter(~pl.col("is_bot").fill_null(value=False))
    assisted = pl.col("ai_level").is_in(["authored", "assisted"]).fill_null(value=False)
    match filters.ai:
        case "assisted":
            return prs.filter(assisted)
        case "other":
            return prs.filter(~assisted)
        case _:
            return prs


def draw(repositories: pl.DataFrame, end: datetime) -> Filters:
    """Draw the filters in the sidebar; `end` is the timestamp as of which the numbers were computed."""
    ids = _ids_by_label(repositories)
    with st.sidebar:
        period = st.segmented_control(
            "Period",
            list(PERIODS),
            default=DEFAULT_PERIOD,
            required=True,
            key="period",
            bind="query-params",
            width="stretch",
        )
        names = st.multiselect(
            "Repositories", list(ids), key="repos", bind="query-params", placeholder="All repositories"
        )
        ai = st.segmented_control(
            "AI",
            list(AI),
            default="all",
            required=True,
            format_func=AI.__getitem__,
            key="ai",
            bind="query-params",
            help="AI-assisted is a lower bound: pull requests with evidence in the author, branch, commits or text.",
            width="stretch",
        )
        bots = st.toggle("Include bots", key="bots", bind="query-params")
    # A browser may send anything: only values on offer count.
    names = [name for name in names if name in ids]
    period = period if period in PERIODS else DEFAULT_PERIOD
    return Filters(
        period=period,
        start=end - timedelta(days=PERIODS[period]),
        end=end,
        repository_ids=tuple(ids[name] for name in names),
        repository_names=tuple(names),
        include_bots=bool(bots),
        ai=ai if ai in AI else "all",
    )


def clear() -> None:
    """Reset every filter, those of the page included, and include bots; the callback of a button."""
    st.session_state["period"] = DEFAULT_PERIOD
    st.session_state["repos"] = []
    st.session_state["bots"] = True
    st.session_state["ai"] = "all"
    st.session_state["q"] = ""
    st.session_state["state"] = []


def _ids_by_label(repositories: pl.DataFrame) -> dict[str, str]:
    """Return ids by name; by owner and name if two owners have a repository of the same name."""
    label = pl.when(pl.col("name").is_unique()).then("name").otherwise("full_name")
    return dict(repositories.select(label, "id").iter_rows())
