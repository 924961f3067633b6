"""The metric that the page compares, in its address."""

import streamlit as st

from dashboard.reading import format
from dashboard.shell.address import accept, draw_unknown, say_unknown
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME

KEY = "compare"
METRICS = (
    "cycle_time_p50_hours",
    "merged_prs",
    "first_review_p50_hours",
    "pickup_p50_hours",
    "review_p50_hours",
    "merge_p50_hours",
    "coding_p50_hours",
    "pr_size_p50_lines",
    "large_pr_share",
    "reviewed_share",
    "reverted_share",
    "open_prs",
    "submitted_reviews",
    "ai_assisted_share",
)
# Links and saved views hold titles: those that changed still work.
FORMER_TITLES = {"Pickup": "pickup_p50_hours", "Review": "review_p50_hours", "Merge": "merge_p50_hours"}


def draw_choice(_: Context) -> None:
    """Draw the choice, with what the metric says below it."""
    titles = {name: BY_NAME[name].title for name in METRICS}
    values = FORMER_TITLES | {name: name for name in titles} | {title: name for name, title in titles.items()}
    unknown = say_unknown("Metric", accept(KEY, values, list(titles.values())))
    draw_unknown([unknown] if unknown else [])
    st.selectbox(
        "Compare by",
        list(titles),
        format_func=titles.__getitem__,
        key=KEY,
        bind="query-params",
        width=360,
    )
    metric = chosen()
    better = "" if metric.better == "neither" else f" {metric.better.capitalize()} is better."
    st.caption(f"{format.escape(metric.definition, 2000)}{better}")


def chosen() -> Metric:
    """Return the metric chosen, the first of the list by default."""
    name = st.session_state.get(KEY)
    return BY_NAME[name if name in METRICS else METRICS[0]]
