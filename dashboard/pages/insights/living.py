"""Insights that are true now: each a sentence with what it rests on, its pull requests and its SQL."""

from datetime import timedelta

import streamlit as st

from dashboard.pages.insights import enough, sql
from dashboard.pages.insights.dismissing import draw_dismiss, draw_take_back
from dashboard.parts.behind import narrow
from dashboard.parts.behind_insight import BEFORE, NAMED, RECENT, BehindInsight
from dashboard.parts.charts import BadgeColor, week_lines
from dashboard.reading import format
from dashboard.reading.rows import StoredInsight, make_rows
from dashboard.shell.context import Context
from warehouse.metrics.registry import BY_NAME
from warehouse.words import plural, signed

SEVERITIES: dict[str, tuple[str, BadgeColor]] = {
    "warning": ("Look at this", "orange"),
    "good": ("Better", "green"),
    "info": ("To know", "blue"),
}


def draw_open(page: Context) -> None:
    """Draw what is true now and not dismissed, the most important first."""
    found = [one for one in _true_now(page) if one.dismissed_until is None]
    if not found:
        _draw_nothing(page)
    for one in found:
        with st.container(border=True, gap="small", key=f"insight_{one.id}"):
            _draw_insight(page, one)


def _draw_nothing(page: Context) -> None:
    """Say that nothing is to be shown: since nothing moved, or since too few weeks are known to tell."""
    apart = "Apart from what is dismissed below: " if _true_now(page) else ""
    if enough.can_tell(page):
        title, icon = "Nothing stands out", ":material/check_circle:"
        said = "Nothing moved more than chance explains, and no pull request waits for long."
    else:
        title, icon = "Too few complete weeks to tell", ":material/hourglass_empty:"
        said = "No pull request waits for long. Whether anything moved is not known yet."
    st.info(f"{apart}{said} {enough.say_needed(page)}", title=title, icon=icon)


def draw_dismissed(page: Context) -> None:
    """Draw what is true and dismissed, each with the way back."""
    found = [one for one in _true_now(page) if one.dismissed_until is not None]
    if not found:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Dismissed**")
        st.caption("still true, but not on the Overview; each comes back on its day if it is true then")
        for one in found:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"{format.escape(one.title, 600)}  \n:gray[{_say_dismissed(one)}]", width="stretch")
                draw_take_back(page, one)


def _true_now(page: Context) -> list[StoredInsight]:
    return [one for one in make_rows(StoredInsight, page.reader.all_insights()) if one.resolved_at is None]


def _say_dismissed(one: StoredInsight) -> str:
    by = f" by {format.escape(one.dismissed_by, 100)}" if one.dismissed_by else ""
    return f"until {one.dismissed_until:%-d %b %Y}, dismissed on {format.day(one.dismissed_at)}{by}"


def _draw_insight(page: Context, one: StoredInsight) -> None:
    label, color = SEVERITIES.get(one.severity, ("To know", "gray"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label, color=color)
        st.caption(_say_life(one), width="content")
    st.markdown(f"**{format.escape(one.title, 600)}**")
    if one.detail:
        st.caption(format.escape(one.detail, 1500))
    _draw_counts(page, one)
    if one.metric in BY_NAME:
        _draw_weeks(page, one)
    sql.draw_sql(one)


def _say_life(one: StoredInsight) -> str:
    """Say since when it is true: the whole life of a living row."""
    if one.first_seen_at is None or one.last_seen_at is None:
        return ""
    held = one.last_seen_at - one.first_seen_at
    since = f"since {format.day(one.first_seen_at)}"
    days = f", for {plural(held.days, 'day')}" if held >= timedelta(days=1) else ""
    return f"{since}{days} · last seen {format.timestamp(one.last_seen_at)}"


def _draw_counts(page: Context, one: StoredInsight) -> None:
    """Draw what it rests on: every count is a button that lists exactly as many pull requests."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        interval = _say_interval(one)
        if interval:
            st.markdown(interval, width="content")
        _draw_count(page, BehindInsight(one, RECENT), "n = {} now")
        _draw_count(page, BehindInsight(one, BEFORE), "n = {} before")
        _draw_count(page, BehindInsight(one, NAMED), "See the {} named")
        draw_dismiss(page, one)


def _draw_count(page: Context, behind: BehindInsight, words: str) -> None:
    count = len(page.remember((behind.side, behind.insight.id), lambda: behind.ids(page)))
    if count and st.button(
        words.format(f"{count:,}"),
        key=f"{behind.side}_{behind.insight.id}",
        type="tertiary",
        icon=":material/arrow_forward:",
        icon_position="right",
    ):
        behind.open(page)


def _say_interval(one: StoredInsight) -> str:
    """Say the difference of like with like and its 95 % interval; empty if it compares nothing."""
    metric = BY_NAME.get(one.metric or "")
    like, low, high = one.like_for_like, one.like_for_like_low, one.like_for_like_high
    if metric is None or like is None or low is None or high is None:
        return ""
    if metric.flag is None:
        like, low, high = like - 1, low - 1, high - 1
    unit = " %" if metric.flag is None else " points"
    return f"like for like **{signed(100 * like)}{unit}** ({signed(100 * low)} to {signed(100 * high)}{unit})"


def _draw_weeks(page: Context, one: StoredInsight) -> None:
    """Draw the weeks of the metric, in the repository that it is about."""
    repository_id = one.scope_id if one.scope == "repository" else ""
    about = narrow(page, repository_id) if repository_id else page
    with st.expander("The weeks", icon=":material/show_chart:"):
        week_lines.draw_weeks(about, (str(one.metric),), f"weeks_{one.id}", repository_id)
