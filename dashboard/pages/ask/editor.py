"""The editor: a statement, which is in the URL, questions to begin with, and what this session asked."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.pages.ask import running
from dashboard.pages.ask.questions import QUESTIONS
from dashboard.pages.ask.running import Answer, Asked
from dashboard.reading import format
from dashboard.shell.context import Context

KEY = "sql"
QUESTION, ASKED = "question", "asked_before"
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
    # A menu, and no popover: that would stay open over the answer.
    st.menu_button(
        "Questions to begin with",
        range(len(QUESTIONS)),
        format_func=lambda place: QUESTIONS[place].title,
        icon=":material/lightbulb:",
        key=QUESTION,
        on_click=_put_question,
        args=(page.team_id,),
    )


def _put_question(team_id: str) -> None:
    if (place := st.session_state[QUESTION]) is not None:
        put(QUESTIONS[place].for_team(team_id))


def _draw_history() -> None:
    asked = running.history()
    st.menu_button(
        f"This session ({len(asked)})",
        range(len(asked)) if asked else ("Nothing was asked yet",),
        # With a number: no two may be called alike.
        format_func=lambda place: f"{len(asked) - place} · {say_asked(asked[place])}" if asked else str(place),
        icon=":material/history:",
        disabled=not asked,
        key=ASKED,
        on_click=_put_asked,
        args=(asked,),
    )


def _put_asked(asked: list[Asked]) -> None:
    if (place := st.session_state[ASKED]) is not None:
        put(asked[place].sql)


def say_asked(one: Asked) -> str:
    """Say what was asked, what came of it, and when, in Markdown."""
    return f"{format.escape(one.sql, 80)}  ·  {one.outcome}  ·  {format.time_of_day(one.asked_at)}"


def put(sql: str) -> None:
    """Put a statement into the editor, which then runs it; from a callback."""
    st.session_state[KEY] = sql
