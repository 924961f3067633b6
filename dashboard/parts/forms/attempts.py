"""Clicks that change something: a spinner in words, then what was done, or why not and what to do about it.

Both are kept for the next run of the page, which shows the new state.
"""

from collections.abc import Callable

import streamlit as st

from dashboard.reading import format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, Problem
from dashboard.reading.admin_team import Done

KEY = "problem_of_click"
DONE = "done_by_click"


def attempt(work: Callable[[], object], words: str) -> None:
    """Do something that takes a while, with a spinner in words, then draw the page again with what came of it."""
    problem: Problem | None = None
    with st.spinner(words):
        try:
            done = work()
            st.session_state[DONE] = done.words if isinstance(done, Done) else None
        except (AdminRefused, AdminUnavailable) as error:
            problem = Problem(message=str(error), hint=error.hint)
    st.session_state[KEY] = problem
    st.rerun()


def draw_last_problem() -> None:
    """Draw what did not work, if the click before this run did not; say what was done if it did."""
    if done := st.session_state.pop(DONE, None):
        st.toast(format.escape(done), icon=":material/check_circle:")
    problem: Problem | None = st.session_state.pop(KEY, None)
    if problem is not None:
        draw_problem(problem)


def draw_problem(problem: Problem) -> None:
    """Draw one sentence of what happened, and the way out."""
    hint = f" {format.escape(problem.hint, 800)}" if problem.hint else ""
    st.error(f"{format.escape(problem.message, 800)}{hint}", icon=":material/error:")
