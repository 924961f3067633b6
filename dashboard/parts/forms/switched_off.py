"""What the pages Set up and Settings say if they are switched off: why, and the commands that do the same."""

import streamlit as st

from dashboard.access.settings import LoginSettings
from dashboard.reading import format

COMMANDS = """prflow login [--team OWNER]     # GitHub's token, of all teams or of one
prflow onboard OWNER            # follow an organisation, all of its repositories or some (--repo)
prflow repos OWNER              # the repositories: follow others, leave some
prflow team OWNER               # time zone, numbers per person, working hours, holidays
prflow bots OWNER               # which accounts are bots
prflow rules OWNER              # what counts, and what is left out"""


def draw_for_admins(team: str = "") -> None:
    """Say that a page is for admins: of the team, or of all teams."""
    contact = LoginSettings.read().contact
    st.info(
        f"Ask {format.escape(contact, 300) if contact else 'whoever runs prflow'} for the role.",
        title=f"For admins of {format.plain(team, 80) if team else 'all teams'}",
        icon=":material/lock:",
    )


def draw_switched_off() -> None:
    """Say who can open this page, and what to do without it."""
    st.info(
        "Here, whoever opens the dashboard would use the access to GitHub of the person who runs prflow. So this is "
        "off if the dashboard has other host names (`PRFLOW_DASHBOARD_HOSTS`), or by choice. Whoever runs prflow can "
        "open it with `PRFLOW_DASHBOARD_HAS_SETTINGS=true`.",
        title="Set up and Settings are switched off",
        icon=":material/lock:",
    )
    st.markdown("On the machine of prflow, commands do the same:")
    st.code(COMMANDS, language=None)
