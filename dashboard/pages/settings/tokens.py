"""Which token the team uses, how long it lasts, and the way to exchange it."""

import streamlit as st

from dashboard.parts.forms.access import draw_access, draw_token_field
from dashboard.parts.forms.attempts import attempt, draw_problem
from dashboard.reading import admin_team, format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, Problem
from dashboard.reading.data import Reader
from dashboard.reading.rows import Team

SHOWN = "settings_access"


def draw_tokens(team: Team, reader: Reader) -> None:
    """Draw what the last sync knew of the tokens; GitHub is asked only if a person wants it."""
    with st.container(border=True):
        st.markdown("**Access to GitHub**")
        names = reader.github_tokens()["name"].to_list()
        last = ", ".join(names) or "none yet"
        st.caption(
            f"Used by the last sync: {format.escape(last)}. A token given here is kept encrypted, for this team."
        )
        if st.button("Check the access now", icon=":material/key:", key="settings_check"):
            st.session_state[SHOWN] = team.team_id
        if st.session_state.get(SHOWN) == team.team_id:
            _draw_checked(team)
        token = draw_token_field("Use another token for this team", "exchange")
        if token is not None:
            attempt(lambda: admin_team.exchange_token(team.team_id, token), "Asking GitHub whose token this is ...")


def _draw_checked(team: Team) -> None:
    try:
        with st.spinner("Asking GitHub ..."):
            access = admin_team.read_access(team.team_id)
    except (AdminRefused, AdminUnavailable) as error:
        draw_problem(Problem(message=str(error), hint=error.hint))
        return
    for each in access.accesses:
        draw_access(each)
    if access.is_own and st.button("Delete the team's own token", icon=":material/delete:", key="settings_forget"):
        attempt(lambda: admin_team.forget_token(team.team_id), "Deleting ...")
