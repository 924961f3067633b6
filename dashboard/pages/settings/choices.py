"""The team's time zone, and whether pages show numbers per person."""

from zoneinfo import available_timezones

import streamlit as st

from dashboard.parts.forms.attempts import attempt
from dashboard.reading import admin_team
from dashboard.reading.admin_team import Choices
from dashboard.reading.rows import Team

UTC = "UTC"
ZONE, PEOPLE = "settings_zone", "settings_people"
# The team and what the form was filled with, which another person may have changed since; and what was sent.
SHOWN, SENT = "settings_choices_shown", "settings_choices_sent"


def draw_choices(team: Team) -> None:
    """Draw both in one form, of which only what was changed is sent."""
    sent: Choices | None = st.session_state.pop(SENT, None)
    if sent is not None:
        attempt(lambda: admin_team.set_choices(team.team_id, sent), "Saving ...")
    zones = [UTC, *sorted(available_timezones() - {UTC})]
    _fill(team.team_id, team.timezone if team.timezone in zones else UTC, has_people=bool(team.has_people_views))
    with st.form("choices"):
        st.markdown("**Team**")
        st.selectbox(
            "Weeks begin on Monday at 0:00 in",
            zones,
            key=ZONE,
            help="A pull request merged on Sunday night belongs to the week that ends there, in this zone.",
        )
        st.toggle(
            "Show numbers per person",
            key=PEOPLE,
            help="Review load by person; there are no rankings of people anywhere.",
        )
        st.form_submit_button("Save", icon=":material/save:", on_click=_send)


def _fill(team_id: str, zone: str | None, *, has_people: bool) -> None:
    """Fill the form with what is stored, again if that has changed since it was shown."""
    stored = (team_id, zone, has_people)
    if st.session_state.get(SHOWN) != stored or ZONE not in st.session_state or PEOPLE not in st.session_state:
        st.session_state[SHOWN] = stored
        st.session_state[ZONE], st.session_state[PEOPLE] = zone, has_people


def _send() -> None:
    """Keep for the run of the page what differs from what the form was filled with."""
    _, zone, has_people = st.session_state[SHOWN]
    chosen, is_wanted = st.session_state[ZONE], st.session_state[PEOPLE]
    st.session_state[SENT] = Choices(
        timezone=chosen if chosen != zone else None,
        has_people_views=is_wanted if is_wanted != has_people else None,
    )
