"""Set-up, step by step; each step is shown where any browser left it."""

import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What
from dashboard.first_run.layout import centred
from dashboard.pages.set_up.connect import draw_connect
from dashboard.pages.set_up.importing import draw_import
from dashboard.pages.set_up.organisation import draw_organisation
from dashboard.pages.set_up.repositories import draw_repositories
from dashboard.pages.set_up.stepper import draw_give_up, draw_stepper
from dashboard.parts.forms.attempts import draw_problem
from dashboard.parts.forms.switched_off import draw_for_admins, draw_switched_off
from dashboard.reading import admin, data, format, person
from dashboard.reading.admin import AdminRefused, AdminUnavailable, SetUp
from dashboard.reading.settings import DashboardSettings
from dashboard.shell import navigation
from warehouse.set_up import Step
from warehouse.words import name_some

MAX_NAMES = 3
DRAW = {
    Step.CONNECT: draw_connect,
    Step.ORGANISATION: draw_organisation,
    Step.REPOSITORIES: draw_repositories,
}


def draw() -> None:
    """Draw the step at which the set-up is, or why that is not known."""
    if not DashboardSettings().has_settings:
        with centred():
            st.title("Set up prflow", anchor=False)
            draw_switched_off()
        return
    if not person.is_allowed(What.SET_UP, EVERY_TEAM):
        with centred():
            st.title("Set up prflow", anchor=False)
            draw_for_admins()
        return
    try:
        state = admin.read_set_up()
    except (AdminUnavailable, AdminRefused) as error:
        with centred():
            st.title("Set up prflow", anchor=False)
            draw_problem(admin.Problem(message=str(error), hint=error.hint))
            st.button("Try again", icon=":material/refresh:", key="set_up_again")
        return
    if state.step is Step.SYNC:
        draw_import(state)
    else:
        _draw_step(state)


def _draw_step(state: SetUp) -> None:
    with centred():
        st.title("Set up prflow", anchor=False)
        draw_stepper(state.step)
        if not state.has_begun:
            _draw_others()
        DRAW[state.step](state)
        draw_give_up(state)


def _draw_others() -> None:
    """Say which organisations are here already: who comes back must not take the first step for theirs."""
    logins = data.read_logins()
    if not logins:
        return
    names = name_some([f"**{format.escape(login)}**" for login in logins], MAX_NAMES)
    words = "is set up. This adds another organisation." if len(logins) == 1 else "are set up. This adds another one."
    st.info(f"{names} {words}", icon=":material/check_circle:")
    st.page_link(
        navigation.page(navigation.SETTINGS), label="Tokens, repositories and rules of what is set up: Settings"
    )


draw()
