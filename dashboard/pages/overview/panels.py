"""The panels of the Overview: each has a title, and a sentence that says what it measures."""

import polars as pl
import streamlit as st

from dashboard.parts import cards, charts, tables, weeks
from dashboard.parts.cards import Card
from dashboard.reading import format
from dashboard.reading.rows import Insight, make_rows
from dashboard.reading.settings import DashboardSettings
from dashboard.shell import navigation
from dashboard.shell.context import Context
from warehouse.reads.pull_requests import PullRequestQuery

CHART_HEIGHT = 300
TABLE_HEIGHT = 310
# Enough rows to scroll, few enough to read.
WAITING_ROWS = 25
MAX_WEEKS_OF_REVIEWS = 12
MAX_FURTHER_INSIGHTS = 2
# Light to dark for few to many, as `chartSequentialColors` in config.toml; dark to light in the dark theme.
HEAT = {
    "light": ["#eef0ff", "#c7cbff", "#8b8df9", "#574de4", "#382f9c"],
    "dark": ["#23264a", "#373a85", "#5455c4", "#7f85f2", "#c2c8fd"],
}


def draw_cards(page: Context) -> None:
    """Draw the four numbers of the period."""
    weekly = weeks.read(page, cards.OVERVIEW)
    has_badges = DashboardSettings().has_benchmarks
    with st.grid(4, min_column_width=160):
        for name in cards.OVERVIEW:
            of_metric = weekly.filter(pl.col("metric") == name)
            card = cards.make_card(name, page.prs, page.filters, page.covered_from, of_metric)
            with st.container(border=True, height="stretch", gap="small", key=f"card_{name}"):
                _draw_card(card, weeks.sparkline(weekly, name), has_badges)


def _draw_card(card: Card, sparkline: list[float], has_badges: bool) -> None:
    st.metric(
        card.title,
        card.value,
        card.delta_text,
        delta_color=card.delta_color,
        delta_description=card.delta_note,
        delta_arrow="auto" if card.delta_text else "off",
        help=card.help,
        chart_data=sparkline or None,
        chart_type="area",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(card.basis, width="content")
        if card.badge and has_badges:
            st.badge(card.badge.label, color=card.badge.color, help=card.badge.help)
        # Not a link: browsers sometimes drop a filter from the address on the way through one.
        if st.button(
            "See the PRs",
            key=f"see_{card.metric}",
            icon=":material/arrow_forward:",
            icon_position="right",
            type="tertiary",
        ):
            st.switch_page(navigation.page(navigation.PULL_REQUESTS), query_params={"metric": card.metric})


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
    for other in insights[1 : 1 + MAX_FURTHER_INSIGHTS]:
        st.caption(format.escape(other.title, 600), help=_explain(other))


def _explain(insight: Insight) -> str:
    """Say how an insight was found, and since when it holds."""
    return f"{format.escape(insight.detail, 1500)} First found on {format.day(insight.first_seen_at)}.".strip()


def draw_throughput(page: Context) -> None:
    """Draw merged pull requests and their median cycle time by week."""
    weekly = weeks.read(page, ("merged_prs", "cycle_time_p50_hours"))
    chosen = st.echarts_chart(
        charts.throughput_option(weekly),
        height=CHART_HEIGHT,
        key="throughput",
        on_select="rerun",
        alt="Merged pull requests and their median cycle time by week",
    )
    _follow_bar(page, weekly, chosen)


def _follow_bar(page: Context, weekly: pl.DataFrame, chosen: object) -> None:
    """Switch to the pull requests merged in the week whose bar was clicked."""
    groups = getattr(getattr(chosen, "selection", None), "selected", None) or []
    places = [place for group in groups for place in group["data_indices"]]
    starts = weekly.filter(pl.col("metric") == "merged_prs")["week_start"].to_list()
    if places and places[0] < len(starts):
        # The filters are bound to the URL and stay in it by themselves.
        week = {"metric": "merged_prs", "week": starts[places[0]].isoformat()}
        st.switch_page(navigation.page(navigation.PULL_REQUESTS), query_params=week)


def draw_phases(page: Context) -> None:
    """Draw the mean hours of each phase by week."""
    st.echarts_chart(
        charts.phases_option(weeks.compute_phase_hours(page)),
        height=CHART_HEIGHT,
        key="phases",
        alt="Mean hours of each phase of a merged pull request by week",
    )


def draw_review_load(page: Context) -> None:
    """Draw reviews by person and week; for teams that allow numbers per person."""
    plan = weeks.plan(page)[-MAX_WEEKS_OF_REVIEWS:]
    since, until = plan[0].starts_at, plan[-1].ends_at
    load = page.reader.review_load(page.filters.repository_ids, since, until)
    if load.is_empty():
        st.caption("Nobody reviewed another person's pull request in these weeks.")
        return
    colors = HEAT["dark" if charts.is_dark() else "light"]
    option = charts.review_load_option(load, [week.start for week in plan], colors)
    st.echarts_chart(option, height=TABLE_HEIGHT, key="review_load", alt="Reviews by person and week")


def draw_by_repository(page: Context) -> None:
    """Draw the metrics of the cards for each repository."""
    tables.draw_metrics_by_repository(page, TABLE_HEIGHT)


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
