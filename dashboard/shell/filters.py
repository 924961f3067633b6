"""The filters of every page, in the sidebar and in the URL: a view is a link."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st

PERIODS = {"2w": 14, "30d": 30, "90d": 90, "1y": 365}
DEFAULT_PERIOD = "30d"
# An onboarding takes minutes, in which the newest numbers move away from its anchor.
HARDLY_LATER = timedelta(days=1)
AI = {"all": "All", "assisted": "AI-assisted", "other": "Other"}
KEYS = ("period", "repos", "bots", "ai")


@dataclass(frozen=True)
class Filters:
    """What the sidebar says. The period is `[start, end)`; `previous_start` begins the equal one before it.

    `is_cut`: it begins where the fetched history does, later than was asked for.
    `repository_ids` empty: all. `ai`: all, assisted (authored or assisted, as far as evidence was found), other.
    """

    period: str
    start: datetime
    end: datetime
    repository_ids: tuple[str, ...] = ()
    repository_names: tuple[str, ...] = ()
    has_bots: bool = False
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
        """True where anything but the period leaves pull requests out that the default would show."""
        return bool(self.repository_ids) or self.ai != "all"

    @property
    def words(self) -> str:
        """What is selected, for a sentence: plain text, with names of repositories in it."""
        parts = [f"since {self.start:%-d %b %Y}" if self.is_cut else f"last {self.days} days"]
        parts += [", ".join(self.repository_names)] * bool(self.repository_names)
        parts += ["bots included"] * self.has_bots
        parts += [AI[self.ai].lower()] * (self.ai != "all")
        return " · ".join(parts)


def cut(filters: Filters, covered_from: datetime | None) -> Filters:
    """The same, begun no earlier than everything is fetched: a number of half a period is none of the period."""
    if covered_from is None or covered_from <= filters.start + HARDLY_LATER or covered_from >= filters.end:
        return filters
    return replace(filters, start=covered_from, is_cut=True)


def select(prs: pl.DataFrame, filters: Filters) -> pl.DataFrame:
    """The rows of `pull_request_metrics` that the filters keep; the period is not applied here."""
    if filters.repository_ids:
        prs = prs.filter(pl.col("repository_id").is_in(list(filters.repository_ids)))
    if not filters.has_bots:
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
    """Draws the filters in the sidebar; `end` is the moment as of which the numbers were computed."""
    ids = _by_label(repositories)
    with st.sidebar:
        period = st.segmented_control(
            "Period", list(PERIODS), default=DEFAULT_PERIOD, required=True, key="period", bind="query-params",
            width="stretch",
        )  # fmt: skip
        names = st.multiselect(
            "Repositories", list(ids), key="repos", bind="query-params", placeholder="All repositories",
        )  # fmt: skip
        ai = st.segmented_control(
            "AI", list(AI), default="all", required=True, format_func=AI.__getitem__, key="ai", bind="query-params",
            help="AI-assisted: at least, as far as evidence was found in the author, branch, commits or text.",
            width="stretch",
        )  # fmt: skip
        bots = st.toggle("Include bots", key="bots", bind="query-params")
    # A browser may send anything: only what is on offer counts.
    names = [name for name in names if name in ids]
    period = period if period in PERIODS else DEFAULT_PERIOD
    return Filters(
        period=period,
        start=end - timedelta(days=PERIODS[period]),
        end=end,
        repository_ids=tuple(ids[name] for name in names),
        repository_names=tuple(names),
        has_bots=bool(bots),
        ai=ai if ai in AI else "all",
    )


def clear() -> None:
    """Takes every filter back, bots included; the callback of a button."""
    widest: dict[str, Any] = {"period": DEFAULT_PERIOD, "repos": [], "bots": True, "ai": "all", "q": "", "state": []}
    for key, value in widest.items():
        st.session_state[key] = value


def _by_label(repositories: pl.DataFrame) -> dict[str, str]:
    """Ids by name; by owner and name where two owners have a repository of one name."""
    name = pl.when(pl.col("name").is_unique()).then("name").otherwise("full_name")
    return dict(repositories.select(name, "id").iter_rows())
