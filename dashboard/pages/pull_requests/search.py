"""The controls of the page Pull requests: search, states, order, page, downloads.

All of them are in the URL. A drill-down (`dashboard/parts/behind.py`) shows exactly the pull requests behind a number.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.pages.pull_requests import exports
from dashboard.parts import behind_insight
from dashboard.parts.behind import PARAMETERS, Behind, read, say_where
from dashboard.parts.behind_insight import BehindInsight
from dashboard.parts.receipts import behind_sentence
from dashboard.parts.receipts.behind_sentence import BehindSentence
from dashboard.reading import format
from dashboard.shell.address import accept, draw_unknown, say_unknown
from dashboard.shell.context import Context
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.words import plural

PAGE_SIZE = 50
DRILL_PARAMETERS = (*PARAMETERS, *behind_insight.PARAMETERS, *behind_sentence.PARAMETERS)
Drill = Behind | BehindInsight | BehindSentence
UNKNOWN_NUMBER = "The address names a number that is not known here: all pull requests are shown."
STATES = {"OPEN": "Open", "MERGED": "Merged", "CLOSED": "Closed"}
SORTS = {
    "updated": "Latest activity",
    "opened": "Newest",
    "merged": "Latest merge",
    "cycle_time": "Longest cycle time",
    "first_review": "Longest wait for review",
    "size": "Largest",
}


def read_drill(page: Context) -> Drill | None:
    """Read from the address the number that a person came from; say so if it is not known."""
    asked = {name: st.query_params.get(name, "") for name in DRILL_PARAMETERS}
    drill = behind_insight.read(page, asked) or behind_sentence.read(page, asked) or read(page, asked)
    if drill is None and any(asked.values()):
        st.info(UNKNOWN_NUMBER, icon=":material/link_off:")
    return drill


def draw_drill(page: Context, drill: Drill | None, ids: Sequence[str]) -> None:
    """Say which number these pull requests are behind, and offer the way back to all."""
    if drill is None:
        return
    behind = plural(len(ids), "pull request")
    if isinstance(drill, BehindInsight):
        words, explanation = _say_insight(drill, behind), drill.insight.detail
    elif isinstance(drill, BehindSentence):
        count = drill.say_count(len(ids))
        words, explanation = f"**{count}** behind: {format.escape(drill.sentence.text, 400)}", ""
    else:
        words, explanation = _say_number(page, drill, behind), drill.metric.definition
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            f":material/filter_center_focus: {words}", help=format.escape(explanation, 2000) or None, width="stretch"
        )
        st.button("Show all", key="drill_clear", on_click=_leave_drill, icon=":material/close:", type="tertiary")


def _say_number(page: Context, drill: Behind, behind: str) -> str:
    days = format.escape(say_where(page, drill))
    of_reviews = f" with {plural(drill.select(page).height, 'review')}" if drill.metric.source == "reviews" else ""
    return f"Behind **{drill.metric.label}**, {days}: **{behind}**{of_reviews}"


def _say_insight(drill: BehindInsight, behind: str) -> str:
    return f"**{behind}** {behind_insight.SIDES[drill.side]}: {format.escape(drill.insight.title, 300)}"


def _leave_drill() -> None:
    for name in DRILL_PARAMETERS:
        st.query_params.pop(name, None)


def draw_controls(page: Context, ids: Sequence[str] | None) -> PullRequestQuery:
    """Draw the row of controls; return the query that they ask for, at its first page.

    `ids` are the pull requests behind a number, which the filters have chosen already; None for all.
    """
    _accept_keys()
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
    query = PullRequestQuery(
        text=text.strip(),
        states=tuple(state for state in states if state in STATES),
        sort=sort if sort in SORTS else "updated",
        limit=PAGE_SIZE,
    )
    if ids is not None:
        return replace(query, ids=tuple(ids))
    return replace(
        query,
        repository_ids=page.filters.repository_ids,
        include_bots=page.filters.include_bots,
        ai=page.filters.ai,
        since=page.filters.start,
        is_open_always_in=True,
    )


def _accept_keys() -> None:
    """Let the address hold keys as well as labels, and say what it holds that is not known."""
    unknown = [
        say_unknown("State", accept("state", _values(STATES), list(STATES.values()), is_list=True)),
        say_unknown("Sort", accept("sort", _values(SORTS), list(SORTS.values()))),
    ]
    draw_unknown([sentence for sentence in unknown if sentence])


def _values(labels: dict[str, str]) -> dict[str, str]:
    return {key: key for key in labels} | {label: key for key, label in labels.items()}


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
