"""A token as pages show it, and the field for another one, which keeps nothing of what was in it."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.parts.forms.attempts import draw_problem
from dashboard.reading import clock, format
from dashboard.reading.admin import Access


def draw_access(access: Access) -> None:
    """Draw whose a token is, what it allows in words, and what is to be seen to."""
    if access.problem is not None:
        draw_problem(access.problem)
        return
    with st.container(border=True):
        who = format.escape(access.login) if access.login else "GitHub"
        st.markdown(f":green[:material/check_circle:] Connected as **{who}** · {format.escape(access.kind)}")
        st.caption(_say_where(access))
        st.markdown("\n".join(f"- {format.escape(words, 300)}" for words in access.allows) or "- No scope at all")
        for words in access.warnings:
            st.warning(format.escape(words), icon=":material/warning:")


def _say_where(access: Access) -> str:
    where = format.escape(access.name[:1].upper() + access.name[1:])
    if access.expires_at is None:
        return f"{where}. GitHub gives no expiry."
    days = (access.expires_at - clock.now()).days
    return f"{where}. It expires on {format.day(access.expires_at)}, in {days} days."


def draw_token_field(label: str, name: str) -> str | None:
    """Draw the field, and return the token that was sent just now.

    It is a new field after each try, so that no state of the page keeps what was in it.
    """
    counter = f"token_field_{name}"
    number = st.session_state.setdefault(counter, 0)
    key = f"token_{name}_{number}"
    with st.form(f"token_form_{name}_{number}", clear_on_submit=True):
        token = st.text_input(
            label,
            type="password",
            key=key,
            placeholder="ghp_... or github_pat_...",
            autocomplete="off",
            help="It is checked at GitHub, then kept encrypted in Prefect's Secret block, which the workers read.",
        )
        is_sent = st.form_submit_button("Check and save", type=main_type(), icon=":material/key:")
    if not is_sent:
        return None
    st.session_state[counter] = number + 1
    del st.session_state[key]
    return token
