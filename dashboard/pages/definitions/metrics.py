"""Every metric: what it says, how it is computed, what it leaves out, and its value of this period."""

import streamlit as st

from dashboard.parts import cards
from dashboard.parts.behind import Behind
from dashboard.parts.samples import rows_of
from dashboard.reading import format
from dashboard.shell.address import accept, draw_unknown, say_unknown
from dashboard.shell.context import Context
from warehouse.metrics.formula import formula_of
from warehouse.metrics.metric import Metric
from warehouse.questions.shown import shown_groups, shown_metrics
from warehouse.words import plural

KEY = "find"
SUBJECT = "subject"
IN_A_PART = 10
UNITS = {"hours": "In hours", "lines": "In lines", "share": "A share", "count": "A number", "usd": "In US dollars"}


def draw_metrics(page: Context) -> None:
    """Draw the search and the metrics that it finds; without a search, those of one subject."""
    text = st.text_input(
        "Search all metrics",
        key=KEY,
        bind="query-params",
        placeholder="Name, column or word of a definition",
        icon=":material/search:",
    )
    groups = shown_groups()
    unknown = say_unknown("Subject", accept(SUBJECT, {name: name for name in groups}, list(groups)))
    draw_unknown([unknown] if unknown else [])
    subject = st.segmented_control(
        "Subject",
        list(groups),
        default=next(iter(groups)),
        required=True,
        key=SUBJECT,
        bind="query-params",
        disabled=bool(text.strip()),
        label_visibility="collapsed",
    )
    found = search(text) if text.strip() else list(groups.get(subject or "", groups["Delivery"]))
    if not found:
        st.info(
            f"No metric has “{format.escape(text, 100)}” in its name, definition or columns.",
            title="No such metric",
            icon=":material/search_off:",
        )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        count = f"{len(found)} of {plural(len(shown_metrics()), 'metric')}"
        st.caption(f"{count}; values are those of the filters beside the page", width="content")
        shown = _choose_part(found, text.strip() or subject or "")
    for metric in shown:
        with st.container(border=True, gap="xsmall", key=f"metric_{metric.name}"):
            _draw_metric(page, metric)


def _choose_part(found: list[Metric], of: str) -> list[Metric]:
    """Return the part of the metrics that is chosen, the first at first: all at once are a page of 7,000 pixels."""
    parts = -(-len(found) // IN_A_PART)
    if parts <= 1:
        return found
    part = st.pagination(parts, key=f"part_of_{of}")
    return found[(part - 1) * IN_A_PART : part * IN_A_PART]


def search(text: str) -> list[Metric]:
    """Return the metrics that have every word of the text somewhere in what is said of them, in any case."""
    words = text.casefold().split()
    return [metric for metric in shown_metrics() if all(word in _all_said(metric) for word in words)]


def _all_said(metric: Metric) -> str:
    parts = (metric.name, metric.title, metric.label, metric.question, metric.definition, metric.exclusions)
    return " ".join((*parts, *metric.source_fields, formula_of(metric))).casefold()


def _draw_metric(page: Context, metric: Metric) -> None:
    left, right = st.columns([4, 1], vertical_alignment="top")
    with left, st.container(gap="xsmall"):
        st.markdown(f"**{metric.title}** `{metric.name}`\n\n{metric.definition}")
        st.code(formula_of(metric), language=None, wrap_lines=True)
        st.caption(_say_rules(metric))
    with right:
        _draw_value(page, metric)


def _say_rules(metric: Metric) -> str:
    better = "" if metric.better == "neither" else f", {metric.better} is better"
    least = f" Shown from {metric.min_n} on; below that it is “too few”." if metric.min_n else ""
    fields = ", ".join(metric.source_fields)
    placed = "the end of the period" if metric.source == "open_pull_requests" else metric.placed_by
    return (
        f"Answers: {metric.question} Left out: {metric.exclusions[:1].lower()}{metric.exclusions[1:]}. "
        f"{UNITS[metric.unit]}{better}.{least} Placed in a week by {placed}. From {fields}."
    )


def _draw_value(page: Context, metric: Metric) -> None:
    card = page.remember(
        ("definition", metric.name),
        lambda: cards.make_card(metric.name, rows_of(page, metric), page.filters, page.covered_from),
    )
    st.metric("This period", card.value, card.basis, delta_color="off", delta_arrow="off", help=card.help)
    if card.n and st.button("See the PRs", key=f"see_{metric.name}", type="tertiary", icon=":material/arrow_forward:"):
        Behind(metric).open(page)
