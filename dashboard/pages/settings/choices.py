"""The team's time zone, and whether pages show numbers per person."""

from zoneinfo import available_timezones

import streamlit as st

from dashboard.parts.attempts import attempt
from dashboard.reading import admin_team
from dashboard.reading.admin_team import Choices
from dashboard.reading.rows import Team

UTC = "UTC"


def draw_choices(team: Team) -> None:
    """Draw both in one form."""
    zones = [UTC, *sorted(available_timezones() - {UTC})]
    zone = team.timezone if team.timezone in zones else UTC
    with st.form("choices"):
        st.markdown("**Team**")
        chosen = st.selectbox(
            "Weeks begin on Monday at 0:00 in",
            zones,
            index=zones.index(zone or UTC),
            key="settings_zone",
            help="A pull request merged on Sunday night belongs to the week that ends there, in this zone.",
        )
        has_people = st.toggle(
            "Show numbers per person",
            value=bool(team.has_people_views),
            key="settings_people",
            help="Review load by person; there are no rankings of people anywhere.",
        )
        is_sent = st.form_submit_button("Save", icon=":material/save:")
    if is_sent:
        choices = Choices(timezone=chosen, has_people_views=has_people)
        attempt(lambda: admin_team.set_choices(team.team_id, choices), "Saving ...")
