"""The keys of the API that read this team: made here, shown once, and revoked here."""

import streamlit as st

from dashboard.parts.forms.attempts import attempt, draw_problem
from dashboard.reading import admin_team, format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, Problem
from dashboard.reading.admin_team import KeyRow
from dashboard.reading.rows import Team
from warehouse.flags import FeatureFlags

MADE = "settings_made_key"
MAX_NAME = 80


def draw_keys(team: Team) -> None:
    """Draw the keys, and a field for a new one; nothing while the API is switched off."""
    if not FeatureFlags().enable_api_keys:
        return
    with st.container(border=True, gap="small"):
        st.markdown("**Keys of the API**")
        st.caption("Each reads the numbers of this team, and changes nothing. A key is shown once.")
        _draw_made()
        try:
            keys = admin_team.read_keys(team.team_id).keys
        except (AdminRefused, AdminUnavailable) as error:
            draw_problem(Problem(message=str(error), hint=error.hint))
            return
        for key in keys:
            _draw_key(team, key)
        _draw_form(team)


def _draw_made() -> None:
    value = st.session_state.pop(MADE, None)
    if value is not None:
        st.success("The new key. Copy it now: it is not shown again.", icon=":material/key:")
        st.code(value, language=None)


def _draw_key(team: Team, key: KeyRow) -> None:
    used = f"last used {format.timestamp(key.used_at)}" if key.used_at else "never used"
    state = f"revoked {format.timestamp(key.revoked_at)}" if key.revoked_at else used
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{format.escape(key.name)}** `{key.id}` :gray[{format.escape(state)}]")
        if key.revoked_at is None and st.button("Revoke", key=f"revoke_{key.id}", icon=":material/block:"):
            attempt(lambda: admin_team.revoke_key(team.team_id, key.id), "Revoking ...")


def _draw_form(team: Team) -> None:
    with st.form("new_key", border=False):
        name = st.text_input("What is the new key for?", key="settings_key_name", max_chars=MAX_NAME)
        is_sent = st.form_submit_button("Make a key", icon=":material/add:")
    if is_sent and name.strip():
        attempt(lambda: _make(team, name), "Making a key ...")


def _make(team: Team, name: str) -> None:
    st.session_state[MADE] = admin_team.add_key(team.team_id, name).value.get_secret_value()
