"""The panel that says why a pull request is, or is not, on the pages: the steps of `prflow explain`.

It has an address: `?explain=acme/web%23123`.
"""

import streamlit as st

from dashboard.parts import drawer
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.errors import BadArgument
from warehouse.reads.explanation import Explanation, Step, StepState, explain_pull_request, parse_reference

PARAMETER = "explain"
MARKS = {
    StepState.PASSED: ":green[:material/check_circle:]",
    StepState.NOTED: ":orange[:material/info:]",
    StepState.STOPPED: ":red[:material/cancel:]",
    StepState.NOT_REACHED: ":gray[:material/radio_button_unchecked:]",
}


def draw_missing(page: Context) -> None:
    """Draw the field for a pull request and, once it names one, the steps of the walk."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown("**Why is a pull request missing?**")
        st.caption("or not as it is on GitHub; from what was fetched so far, without asking GitHub")
        text = st.text_input(
            "Pull request",
            key=PARAMETER,
            bind="query-params",
            placeholder="OWNER/NAME#N, or its address on GitHub",
            label_visibility="collapsed",
        )
        if text.strip():
            _draw_answer(page, text)


def _draw_answer(page: Context, text: str) -> None:
    try:
        reference = parse_reference(text)
    except BadArgument as error:
        st.warning(format.escape(f"{error} {error.hint}"), icon=":material/edit:")
        return
    explanation = page.reader.read_uncached(
        lambda warehouse, team_id: explain_pull_request(warehouse, reference, team_id)
    )
    shown = "is shown" if explanation.is_shown else "is not shown"
    st.markdown(f"**{format.escape(str(reference))}** {shown} on the pages.")
    for step in explanation.steps:
        st.markdown(_write_step(step))
    st.caption(format.escape(explanation.last_run))
    _draw_links(page, explanation)


def _write_step(step: Step) -> str:
    """Return the step as Markdown: what was found is untrusted text, what to do stands on a line of its own."""
    if not step.message:
        return f"{MARKS[step.state]} {step.name}"
    found = f"{MARKS[step.state]} **{step.name}**: {format.escape(step.message, 1000)}"
    return f"{found}  \n{_write_hint(step.hint)}" if step.hint else found


def _write_hint(text: str) -> str:
    """Return our own words as Markdown in which only commands, between backticks, are marked up."""
    parts = format.plain(text, 1000).split("`")
    return "".join(f"`{part}`" if place % 2 else _escape_part(part) for place, part in enumerate(parts))


def _escape_part(text: str) -> str:
    """Escape a part of a sentence; `escape` alone would take the spaces at its ends away."""
    return f"{' ' * text.startswith(' ')}{format.escape(text, 1000)}{' ' * text.endswith(' ')}"


def _draw_links(page: Context, explanation: Explanation) -> None:
    reference = explanation.reference
    url = format.pull_request_url(page.team.web_url, reference.full_name, reference.number)
    with st.container(horizontal=True):
        if explanation.pull_request_id:
            st.button(
                "Open it here",
                key="explain_open",
                icon=":material/merge:",
                on_click=drawer.ask_for,
                args=(explanation.pull_request_id,),
            )
        if url:
            st.link_button("Open it on GitHub", url, icon=":material/open_in_new:")
