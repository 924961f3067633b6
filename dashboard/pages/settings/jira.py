"""The Jira of a team: what it shows, and the fields for another one."""

import streamlit as st

from dashboard.parts.forms.attempts import attempt, draw_problem
from dashboard.parts.forms.jira import draw_jira_form
from dashboard.reading import admin_team, format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, Problem
from dashboard.reading.rows import Team
from warehouse.flags import is_jira_on

SHOWN = "settings_jira"


def draw_jira(team: Team) -> None:
    """Draw the panel; nothing while Jira is switched off. Jira is asked only if a person wants it."""
    if not is_jira_on():
        return
    with st.container(border=True, gap="small"):
        st.markdown("**Jira**")
        st.caption("The issues that pull requests name are read from it. A token given here is for this team alone.")
        if st.button("Check Jira now", icon=":material/task_alt:", key="settings_jira_check"):
            st.session_state[SHOWN] = team.team_id
        if st.session_state.get(SHOWN) == team.team_id:
            _draw_checked(team)
        draw_jira_form(team.team_id)


def _draw_checked(team: Team) -> None:
    try:
        with st.spinner("Asking Jira ..."):
            state = admin_team.read_jira(team.team_id)
    except (AdminRefused, AdminUnavailable) as error:
        draw_problem(Problem(message=str(error), hint=error.hint))
        return
    if state.problem is not None:
        draw_problem(state.problem)
    else:
        st.markdown(f":green[:material/check_circle:] {format.escape(state.words, 800)}")
    if state.is_own and st.button("Delete the team's own Jira", icon=":material/delete:", key="settings_jira_forget"):
        attempt(lambda: admin_team.forget_jira(team.team_id), "Deleting ...")
