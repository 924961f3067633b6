"""The repositories that are followed: one is added by name, others are left."""

import streamlit as st

from dashboard.parts.forms.attempts import attempt
from dashboard.reading import admin_team, format
from dashboard.reading.data import Reader
from dashboard.reading.rows import Team
from warehouse.words import plural


def draw_repositories(team: Team, reader: Reader) -> None:
    """Draw the list to leave from, and the field to add to it."""
    names = reader.repositories()["full_name"].to_list()
    with st.container(border=True):
        st.markdown("**Repositories**")
        st.caption(f"{plural(len(names), 'repository')} followed. New ones of the owner are followed by themselves.")
        _draw_add(team)
        _draw_leave(team, names)


def _draw_add(team: Team) -> None:
    with st.form("follow", clear_on_submit=True, border=False):
        name = st.text_input(
            "Add a repository",
            placeholder="NAME or OWNER/NAME",
            key="settings_follow",
            max_chars=200,
            help="Archived ones and forks, too. GitHub is asked whether there is such a one.",
        )
        is_sent = st.form_submit_button("Follow", icon=":material/add:")
    if is_sent and name.strip():
        attempt(lambda: admin_team.follow(team.team_id, [name.strip()]), "Asking GitHub for it ...")


def _draw_leave(team: Team, names: list[str]) -> None:
    chosen = st.multiselect(
        "Leave repositories", names, key="settings_unfollow", placeholder="Choose those to follow no longer"
    )
    if chosen:
        listed = ", ".join(format.escape(name) for name in chosen)
        st.caption(f"{listed}: no run fetches them any more. What was fetched stays, and leaves the pages.")
        if st.button("Follow them no longer", icon=":material/remove:", key="settings_leave"):
            attempt(lambda: admin_team.unfollow(team.team_id, chosen), "Saving ...")
