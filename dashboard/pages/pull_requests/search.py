"""The controls of the page Pull requests: search, states, order, page, downloads.

All of them are in the URL. A drill-down (`?metric=…&week=…`) shows exactly the pull requests behind a number.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

import streamlit as st

from dashboard.pages.pull_requests import exports
from dashboard.parts import weeks
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.words import plural

PAGE_SIZE = 50
STATES = {"OPEN": "Open", "MERGED": "Merged", "CLOSED": "Closed"}
SORTS = {
    "updated": "Latest activity",
    "opened": "Newest",
    "merged": "Latest merge",
    "cycle_time": "Longest cycle time",
    "first_review": "Longest wait for review",
    "size": "Largest",
}
DRILL_PARAMETERS = ("metric", "week")


@dataclass(frozen=True)
class Drill:
    """The number that a person came from: its metric, its days `[start, end)`, its pull requests."""

    metric: Metric
    start: datetime
    end: datetime
    ids: tuple[str, ...]


def read_drill(page: Context) -> Drill | None:
    """Read the drill-down from the address; None if there is none, or its metric does not count pull requests."""
    metric = BY_NAME.get(st.query_params.get("metric", ""))
    if metric is None or metric.source == "reviews":
        return None
    start, end = _days(page)
    rows = select_pull_requests(metric, page.prs, start, end, include_bots=page.filters.include_bots)
    return Drill(metric, start, end, tuple(rows["pull_request_id"]))


def _days(page: Context) -> tuple[datetime, datetime]:
    week = st.query_params.get("week", "")
    try:
        bounds = weeks.bounds(page, date.fromisoformat(week)) if week else None
    except ValueError:
        bounds = None
    return bounds or (page.filters.start, page.filters.end)


def draw_drill(page: Context, drill: Drill | None) -> None:
    """Say which number these pull requests are behind, and offer the way back to all."""
    if drill is None:
        return
    days = f"{format.day(drill.start)} to {format.day(drill.end)}"
    title = drill.metric.label
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            f":material/filter_center_focus: Behind **{title}**, {days}: **{plural(len(drill.ids), 'pull request')}**",
            help=format.escape(drill.metric.definition, 2000),
            width="content",
        )
        st.button("Show all", key="drill_clear", on_click=_leave_drill, icon=":material/close:", type="tertiary")


def _leave_drill() -> None:
    for name in DRILL_PARAMETERS:
        st.query_params.pop(name, None)


def draw_controls(page: Context, drill: Drill | None) -> PullRequestQuery:
    """Draw the row of controls; return the query that they ask for, at its first page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Title, author or #number", icon=":material/search:"
        )
        states = st.pills(
            "State",
            list(STATES),
            selection_mode="multi",
            format_func=STATES.__getitem__,
            key="state",
            bind="query-params",
            width="content",
        )
        sort = st.selectbox(
            "Sort by", list(SORTS), format_func=SORTS.__getitem__, key="sort", bind="query-params", width=210
        )
    return PullRequestQuery(
        text=text.strip(),
        repository_ids=page.filters.repository_ids,
        states=tuple(state for state in states if state in STATES),
        include_bots=page.filters.include_bots,
        ai=page.filters.ai,
        since=None if drill else page.filters.start,
        ids=drill.ids if drill else None,
        sort=sort if sort in SORTS else "updated",
        limit=PAGE_SIZE,
    )


def draw_pager(query: PullRequestQuery, count: int) -> PullRequestQuery:
    """Draw the pager below the table; return the query of the chosen page."""
    pages = -(-count // PAGE_SIZE)
    number = 1
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="right"):
            number = min(st.pagination(pages, key="page", bind="query-params"), pages)
    return replace(query, offset=(number - 1) * PAGE_SIZE)


def draw_downloads(page: Context, query: PullRequestQuery) -> None:
    """Draw the buttons; a file is made when it is asked for, and holds all pages."""
    with st.container(horizontal=True, width="content"):
        st.download_button(
            "CSV",
            lambda: exports.write_csv(page.reader.export(query)),
            "pull-requests.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="csv",
        )
        st.download_button(
            "Parquet",
            lambda: exports.write_parquet(page.reader.export(query)),
            "pull-requests.parquet",
            "application/vnd.apache.parquet",
            icon=":material/download:",
            on_click="ignore",
            key="parquet",
        )


def describe(query: PullRequestQuery) -> str:
    """Say what this page filters by, beyond the sidebar: plain text that includes what was typed."""
    parts = [f"“{query.text}”"] * bool(query.text)
    parts += [", ".join(STATES[state].lower() for state in query.states)] * bool(query.states)
    return " · ".join(parts)
