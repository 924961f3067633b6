"""The panels of the Overview: each has a title, and a sentence that says what it measures."""

import streamlit as st

from dashboard.parts import cards, groups, metric_cards, tables
from dashboard.parts.report.content import make_report
from dashboard.parts.report.direct import read_directly
from dashboard.parts.report.rendering import render
from dashboard.reading import data, format
from dashboard.reading.rows import Insight, make_rows
from dashboard.shell import navigation
from dashboard.shell.context import Context
from warehouse.reads.pull_requests import PullRequestQuery

CHART_HEIGHT = 300
TABLE_HEIGHT = 310
# Enough rows to scroll, few enough to read.
WAITING_ROWS = 25
MAX_FURTHER_INSIGHTS = 2


def draw_cards(page: Context) -> None:
    """Draw the four numbers of the period."""
    metric_cards.draw_cards(page, cards.OVERVIEW)


def draw_what_changed(page: Context) -> None:
    """Draw the most important insight as a sentence, and the next ones below it."""
    insights = make_rows(Insight, page.reader.insights())
    if not insights:
        return
    first = insights[0]
    scope = " in the whole team" if page.filters.is_narrow else ""
    st.markdown(
        f":material/lightbulb: **What changed{scope}.** {format.escape(first.title, 600)}",
        help=_explain(first),
    )
    if first.detail:
        # The weeks of an insight are not those of the cards: who compares the two must see that.
        st.caption(format.escape(_first_sentence(first.detail), 600))
    for other in insights[1 : 1 + MAX_FURTHER_INSIGHTS]:
        st.caption(format.escape(other.title, 600), help=_explain(other))
    st.page_link(
        navigation.page(navigation.INSIGHTS),
        label="All insights, with their pull requests",
        icon=":material/arrow_forward:",
    )


def _first_sentence(text: str) -> str:
    """Return the first sentence: of an insight, it says what the figures rest on."""
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _explain(insight: Insight) -> str:
    """Say how an insight was found, and since when it holds."""
    return f"{format.escape(insight.detail, 1500)} First found on {format.day(insight.first_seen_at)}.".strip()


def draw_by_repository(page: Context) -> None:
    """Draw the metrics of the cards for each repository."""
    groups.draw_by_repository(page, cards.OVERVIEW)


def draw_report(page: Context) -> None:
    """Draw the download of this page, with its period and filters, as one HTML file."""
    st.download_button(
        "Report as HTML",
        lambda: render(make_report(read_directly(page, data.warehouse()))),
        f"{page.team_id}-{page.filters.end:%Y-%m-%d}.html",
        "text/html",
        icon=":material/download:",
        on_click="ignore",
        key="report",
        help="One file to mail or to present, without scripts. `prflow report` writes the same file.",
    )


def draw_needs_attention(page: Context) -> None:
    """Draw the open pull requests that have waited longest."""
    query = PullRequestQuery(
        repository_ids=page.filters.repository_ids,
        include_bots=page.filters.include_bots,
        ai=page.filters.ai,
        limit=WAITING_ROWS,
    )
    rows = page.reader.waiting(query)
    if rows.is_empty():
        st.caption("No open pull request is waiting.")
        return
    tables.draw_waiting(page, rows, TABLE_HEIGHT)
