"""The editor: a statement, which is in the URL, questions to begin with, and what this session asked."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.pages.ask import running
from dashboard.pages.ask.questions import QUESTIONS
from dashboard.pages.ask.running import Answer
from dashboard.reading import format
from dashboard.shell.context import Context

KEY = "sql"
# A link that is longer does not survive a mail or a proxy.
MAX_LENGTH = 4_000
HEIGHT = 210


def draw(page: Context) -> Answer | None:
    """Draw the editor; run the statement if it is a new one or is run again. None if there is none."""
    openers = st.container(horizontal=True)
    with st.form("ask", border=False):
        sql = st.text_area(
            "SQL",
            key=KEY,
            bind="query-params",
            height=HEIGHT,
            max_chars=MAX_LENGTH,
            placeholder="SELECT count(*) FROM pull_requests",
        )
        is_run = st.form_submit_button("Run", type=main_type(), icon=":material/play_arrow:", help="Ctrl + Enter")
    st.caption(
        f"One statement that reads, for at most {running.MAX_SECONDS} seconds; the first {running.MAX_ROWS:,} rows are "
        "shown. Nothing can be changed. The address of this page holds the statement, so it can be sent as a link."
    )
    answer = _answer((sql or "").strip(), is_run=is_run)
    with openers:  # after the statement ran, which is then in the history
        _draw_questions(page)
        _draw_history()
    return answer


def _answer(sql: str, *, is_run: bool) -> Answer | None:
    if not sql:
        return None
    known = running.last()
    if known is not None and known.sql == sql and not is_run:
        return known
    with st.spinner("Running the statement …"):
        return running.ask(sql)


def _draw_questions(page: Context) -> None:
    with st.popover("Questions to begin with", icon=":material/lightbulb:"):
        for place, question in enumerate(QUESTIONS):
            st.button(
                question.title,
                key=f"question_{place}",
                type="tertiary",
                on_click=put,
                args=(question.for_team(page.team_id),),
            )


def _draw_history() -> None:
    asked = running.history()
    with st.popover(f"This session ({len(asked)})", icon=":material/history:", disabled=not asked):
        for place, one in enumerate(asked):
            st.button(
                f"{format.escape(one.sql, 80)}  ·  {one.outcome}",
                key=f"asked_{place}",
                type="tertiary",
                on_click=put,
                args=(one.sql,),
                help=format.time_of_day(one.asked_at),
            )


def put(sql: str) -> None:
    """Put a statement into the editor, which then runs it; the callback of a button."""
    st.session_state[KEY] = sql
