"""One pull request of the period worked through: its events, which of them are anchors, and the phases between them."""

import polars as pl
import streamlit as st

from dashboard.pages.definitions import sequence
from dashboard.pages.definitions.sequence import Step
from dashboard.parts import charts, drawer
from dashboard.reading import format
from dashboard.reading.rows import PullRequestDetail
from dashboard.shell.context import Context
from warehouse import schema
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.registry import BY_NAME

MAX_STEPS = 40


def draw_example(page: Context) -> None:
    """Draw the events of a typical pull request, and the sum that they lead to."""
    merged = select_pull_requests(BY_NAME["merged_prs"], page.prs, page.filters.start, page.filters.end)
    chosen = sequence.choose_typical(merged)
    found = page.reader.pull_request(chosen) if chosen else None
    if chosen is None or found is None:
        st.caption(
            "No pull request with a cycle time was merged in this period. Choose a longer one to see an example."
        )
        return
    steps = sequence.describe(page.reader.events(chosen), found)
    _draw_heading(chosen, found)
    _draw_phases(found)
    _draw_steps(steps[:MAX_STEPS])
    _draw_sum(found)
    _draw_anchors(steps)


def _draw_heading(pull_request_id: str, pr: PullRequestDetail) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        title = f"**{format.escape(pr.title, 200)}** · {format.escape(pr.full_name)} #{pr.number}"
        st.markdown(title, width="content")
        if st.button("Open it", key="open_example", type="tertiary", icon=":material/open_in_full:"):
            drawer.ask_for(pull_request_id)


def _draw_phases(pr: PullRequestDetail) -> None:
    colors = dict(zip(charts.PHASE_TITLES, charts.palette(), strict=False))
    phases = [
        (charts.PHASE_TITLES[name], hours, colors[name])
        for name, hours in pr.phase_hours.items()
        if hours is not None and name in colors
    ]
    if sum(hours for _, hours, _ in phases) > 0:
        st.echarts_chart(charts.timeline_option(phases), height=34, key="example_phases", alt="Phases in proportion")


def _draw_steps(steps: list[Step]) -> None:
    rows = pl.DataFrame(
        {
            "When (UTC)": [step.at for step in steps],
            "What happened": [step.title for step in steps],
            "Ends the phase": [_say_phase(step) for step in steps],
            "Is the anchor": [", ".join(step.anchors) or None for step in steps],
            "By": [format.cell(step.actor, 60) or None for step in steps],
        },
        schema_overrides={"By": pl.String, "Is the anchor": pl.String, "Ends the phase": pl.String},
    )
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        placeholder="",
        column_config={
            "When (UTC)": st.column_config.DatetimeColumn(width=100, format="DD MMM, HH:mm", timezone="UTC"),
            "What happened": st.column_config.TextColumn(width=170),
            "By": st.column_config.TextColumn(width=110),
            "Is the anchor": st.column_config.TextColumn(width=220),
            "Ends the phase": st.column_config.TextColumn(width=170),
        },
        alt="Events of one pull request, the anchors among them and the phases that end there",
    )


def _say_phase(step: Step) -> str | None:
    return f"{step.phase[0]}: {format.hours(step.phase[1])}" if step.phase else None


def _draw_sum(pr: PullRequestDetail) -> None:
    colors = dict(zip(charts.PHASE_TITLES, charts.palette(), strict=False))
    parts = [
        f':color[■]{{foreground="{colors[name]}"}} {charts.PHASE_TITLES[name]} {format.hours(hours)}'
        for name, hours in pr.phase_hours.items()
        if hours is not None and name in colors
    ]
    st.markdown(f"{' + '.join(parts)} = cycle time **{format.hours(pr.cycle_time_hours)}**")


def _draw_anchors(steps: list[Step]) -> None:
    """Say why each of these events is the anchor, in the words of its column."""
    columns = schema.pull_request_metrics.columns
    with st.expander("Why these events", icon=":material/anchor:"):
        names = [name for step in steps for name in step.anchors]
        st.markdown("\n".join(f"- `{name}`: {columns[name].comment}." for name in names))
