"""Settings of one team; each change goes through the function that the command line calls for it."""

import streamlit as st

from dashboard.access.rule import What
from dashboard.pages.settings.bots import draw_bots
from dashboard.pages.settings.choices import draw_choices
from dashboard.pages.settings.flags import draw_flags
from dashboard.pages.settings.jira import draw_jira
from dashboard.pages.settings.keys import draw_keys
from dashboard.pages.settings.repositories import draw_repositories
from dashboard.pages.settings.rules import draw_rules
from dashboard.pages.settings.tokens import draw_tokens
from dashboard.parts.forms.attempts import draw_last_problem
from dashboard.parts.forms.switched_off import draw_for_admins, draw_switched_off
from dashboard.reading import format, person
from dashboard.reading.settings import DashboardSettings
from dashboard.shell import context


def draw() -> None:
    """Draw every setting of the team, or that they are switched off."""
    team, reader = context.get_team()
    st.title("Settings", anchor=False)
    if not DashboardSettings().has_settings:
        draw_switched_off()
        return
    if not person.is_allowed(What.DECIDE, team.team_id):
        draw_for_admins(team.login or team.team_id)
        return
    st.caption(f"{format.escape(team.login or team.team_id)}: after a change, its numbers are computed again at once.")
    draw_last_problem()
    draw_choices(team)
    draw_repositories(team, reader)
    draw_bots(team, reader)
    draw_rules(team, reader)
    draw_tokens(team, reader)
    draw_jira(team)
    draw_keys(team)
    draw_flags()


draw()
