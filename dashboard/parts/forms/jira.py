"""The fields for a Jira, in the set-up and in Settings; they keep nothing of the token."""

import streamlit as st

from dashboard.parts.forms.attempts import attempt
from dashboard.reading import admin_team
from dashboard.reading.admin_team import JiraGiven
from warehouse.flags import is_jira_on

HELP = (
    "Jira Cloud: an API token with the e-mail address of its owner. Jira Data Center: a personal access token, and no "
    "address. It is checked at Jira, then kept encrypted in Prefect's Secret block."
)


def draw_jira_step(team_id: str) -> None:
    """Draw the optional step of the set-up; nothing of it while Jira is switched off."""
    if not is_jira_on():
        return
    with st.expander("Continue to Jira (optional)", icon=":material/task_alt:", key="set_up_jira"):
        st.caption("Issues that pull requests name are read after the pull requests. The import works without it.")
        draw_jira_form(team_id)


def draw_jira_form(team_id: str) -> None:
    """Draw the fields, and keep what was sent just now if Jira accepts it."""
    number = st.session_state.setdefault("jira_form", 0)
    with st.form(f"jira_form_{number}", border=False):
        url = st.text_input("Address", key=f"jira_url_{number}", placeholder="https://acme.atlassian.net")
        email = st.text_input("E-mail address of the token's owner (Jira Cloud)", key=f"jira_email_{number}")
        token = st.text_input("Token", type="password", key=f"jira_token_{number}", autocomplete="off", help=HELP)
        projects = st.text_input(
            "Keys of projects", key=f"jira_projects_{number}", placeholder="Empty for all that the token may see"
        )
        is_sent = st.form_submit_button("Check and save Jira", icon=":material/key:")
    if is_sent and url.strip():
        st.session_state["jira_form"] = number + 1
        del st.session_state[f"jira_token_{number}"]
        given = JiraGiven.of(url, email, token, projects)
        attempt(lambda: admin_team.save_jira(team_id, given), "Asking Jira whose token this is ...")
