"""The filters of every page, in the sidebar and in the URL: a view is a link."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import polars as pl
import streamlit as st

from dashboard.shell import address
from warehouse.metrics import periods

# Whole weeks: 30 days hold four weekends or five, and then the same work seems to take longer.
PERIODS = {"2w": 14, "4w": 28, "12w": 84, "52w": 364}
DEFAULT_PERIOD = "4w"
AI = {"all": "All", "assisted": "AI-assisted", "other": "Other"}
AI_SUMMARIES = {"all": "", "assisted": "AI-assisted", "other": "not AI-assisted"}


class Filter(StrEnum):
    """A filter that a panel may take, named as its parameter of the address."""

    PERIOD = "period"
    REPOSITORIES = "repos"
    AI = "ai"
    BOTS = "bots"


ALL_FILTERS = frozenset(Filter)


@dataclass(frozen=True)
class Filters:
    """The choices made in the sidebar.

    The period is `[start, end)`; the period before it, of the same length, begins at `previous_start`. `is_cut` is
    True if the period begins where the fetched history does, later than was asked for. No `repository_ids` means
    all. `ai` is all, assisted (authored or assisted, as far as evidence was found) or other. `unknown` says which
    values of the address are not known: plain text, as it was typed.
    """

    period: str
    start: datetime
    end: datetime
    repository_ids: tuple[str, ...] = ()
    repository_names: tuple[str, ...] = ()
    include_bots: bool = False
    ai: str = "all"
    is_cut: bool = False
    unknown: tuple[str, ...] = ()

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
    """Return the filters with a period that begins no earlier than everything was fetched."""
    start = periods.begin_with_history(filters.start, filters.end, covered_from)
    return filters if start == filters.start else replace(filters, start=start, is_cut=True)


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


def draw(repositories: pl.DataFrame, end: datetime, takes: Collection[Filter] = ALL_FILTERS) -> Filters:
    """Draw the filters that the page takes; the others are at their default, and remembered for the next page.

    `end` is the timestamp as of which the numbers were computed.
    """
    _remember(takes)
    ids = _ids_by_label(repositories) if Filter.REPOSITORIES in takes else {}
    unknown = _accept_keys(repositories, ids, takes)
    with st.sidebar:
        period = _draw_period() if Filter.PERIOD in takes else DEFAULT_PERIOD
        names = _draw_repositories(list(ids)) if Filter.REPOSITORIES in takes else []
        ai = _draw_ai() if Filter.AI in takes else "all"
        include_bots = _draw_bots() if Filter.BOTS in takes else False
    address.rerun_if_mixed()
    # A browser may send anything: only values on offer count.
    names = [name for name in names if name in ids]
    period = period if period in PERIODS else DEFAULT_PERIOD
    return Filters(
        period=period,
        start=end - timedelta(days=PERIODS[period]),
        end=end,
        repository_ids=tuple(ids[name] for name in names),
        repository_names=tuple(names),
        include_bots=bool(include_bots),
        ai=ai if ai in AI else "all",
        unknown=tuple(unknown),
    )


def _remember(takes: Collection[Filter]) -> None:
    """Keep the values of filters that this page does not draw: Streamlit forgets a widget that is not drawn."""
    for name in ALL_FILTERS.difference(takes):
        if name in st.session_state:
            st.session_state[name] = st.session_state[name]


def _accept_keys(repositories: pl.DataFrame, ids: dict[str, str], takes: Collection[Filter]) -> list[str]:
    """Let the address hold keys as well as labels; return a sentence for each filter with values that are not known."""
    names = {key: name for name, key in ids.items()}
    full = {full_name: names[key] for key, full_name in repositories.select("id", "full_name").iter_rows() if names}
    asked: dict[Filter, tuple[str, dict[str, str], Iterable[str]]] = {
        Filter.PERIOD: ("Period", {name: name for name in PERIODS}, PERIODS),
        Filter.REPOSITORIES: ("Repository", full | names | {name: name for name in ids}, ids),
        Filter.AI: ("AI", {key: key for key in AI} | {label: key for key, label in AI.items()}, AI.values()),
    }
    found = [
        address.say_unknown(label, address.accept(name, values, list(shown), is_list=name is Filter.REPOSITORIES))
        for name, (label, values, shown) in asked.items()
        if name in takes
    ]
    if Filter.BOTS in takes:
        found.append(address.say_unknown("Include bots", address.find_unknown("bots", ("true", "false"))))
    return [sentence for sentence in found if sentence]


def _draw_bots() -> bool:
    return st.toggle(
        "Include bots",
        key="bots",
        bind="query-params",
        help="Lists then show what automation opened, too. Numbers count people and coding agents in any case.",
    )


def _draw_period() -> str | None:
    return st.segmented_control(
        "Period",
        list(PERIODS),
        default=DEFAULT_PERIOD,
        required=True,
        key="period",
        bind="query-params",
        width="stretch",
    )


def _draw_repositories(names: list[str]) -> list[str]:
    return st.multiselect("Repositories", names, key="repos", bind="query-params", placeholder="All repositories")


def _draw_ai() -> str | None:
    return st.segmented_control(
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


def clear() -> None:
    """Reset every filter to its default, those of the page included; the callback of a button."""
    st.session_state["period"] = DEFAULT_PERIOD
    st.session_state["repos"] = []
    st.session_state["bots"] = False
    st.session_state["ai"] = "all"
    st.session_state["q"] = ""
    st.session_state["state"] = []


def forget_undrawn(takes: Collection[Filter]) -> None:
    """Forget the filters that this page does not take, before it leads to the pull requests behind its numbers."""
    for name in ALL_FILTERS.difference(takes):
        st.session_state.pop(name, None)


def _ids_by_label(repositories: pl.DataFrame) -> dict[str, str]:
    """Return ids by name; by owner and name if two owners have a repository of the same name."""
    label = pl.when(pl.col("name").is_unique()).then("name").otherwise("full_name")
    return dict(repositories.select(label, "id").iter_rows())
