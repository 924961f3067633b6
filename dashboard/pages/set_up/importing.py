"""Step 4: the import, as every page shows it; then the way to the dashboard."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.first_run.current_view import read_view
from dashboard.first_run.import_panel import draw_import_screen
from dashboard.first_run.layout import centred
from dashboard.pages.set_up.stepper import draw_give_up, draw_stepper
from dashboard.parts.forms.attempts import draw_last_problem, draw_problem
from dashboard.reading import admin, format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, Problem, SetUp
from dashboard.shell import navigation
from warehouse.set_up import Step


def draw_import(state: SetUp) -> None:
    """Draw the import of the team, and once its first days are in, that all is done."""
    progress, view = read_view(state.team_id)
    with centred():
        draw_stepper(Step.SYNC, is_done=view.is_open)
        draw_last_problem()
    if view.is_open:
        with centred():
            _draw_done(progress.login)
    else:
        draw_import_screen(state.team_id)
        with centred():
            draw_give_up(state)


def _draw_done(login: str) -> None:
    st.title(f"{format.escape(login)} is ready", anchor=False)
    st.markdown(
        "The first days are in. Older history follows in the background, and a banner says how far it is. "
        "Every night prflow fetches what is new, while `prflow up` runs."
    )
    if st.button("Open the dashboard", type=main_type(), icon=":material/dashboard:", key="set_up_done"):
        try:
            admin.give_up()  # nothing is left to give up: the set-up is over
        except (AdminRefused, AdminUnavailable) as error:
            draw_problem(Problem(message=str(error), hint=error.hint))
        else:
            st.switch_page(navigation.page(navigation.OVERVIEW))
