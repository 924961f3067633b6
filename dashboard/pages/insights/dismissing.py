"""Put an insight aside until a day, and take it back."""

from datetime import timedelta

import streamlit as st

from dashboard.access.rule import What
from dashboard.first_run.buttons import main_type
from dashboard.reading import clock, format, person, writing
from dashboard.reading.rows import StoredInsight
from dashboard.shell.context import Context
from warehouse.decisions.dismissals import MAX_DAYS
from warehouse.errors import PrflowError

DEFAULT_DAYS = 28


def draw_dismiss(page: Context, one: StoredInsight) -> None:
    """Draw the choice of a day, and the button that dismisses until then, for who decides for the team."""
    if not person.is_allowed(What.DECIDE, page.team_id):
        return
    today = clock.now().date()
    with st.popover("Dismiss", icon=":material/notifications_off:", type="tertiary"):
        until = st.date_input(
            "Show it again on",
            value=today + timedelta(days=DEFAULT_DAYS),
            min_value=today + timedelta(days=1),
            max_value=today + timedelta(days=MAX_DAYS),
            format="YYYY-MM-DD",
            key=f"until_{one.id}",
        )
        st.caption("For everybody, on the Overview and here. It stays in the list of dismissed ones.")
        if st.button("Dismiss until then", key=f"dismiss_{one.id}", type=main_type()):
            try:
                writing.dismiss(page.team_id, one.id, until)
            except PrflowError as error:
                _say(error)
            else:
                st.rerun()


def draw_take_back(page: Context, one: StoredInsight) -> None:
    """Draw the button that shows it again."""
    if person.is_allowed(What.DECIDE, page.team_id) and st.button(
        "Show again", key=f"take_back_{one.id}", icon=":material/undo:"
    ):
        try:
            writing.take_back(page.team_id, one.id)
        except PrflowError as error:
            _say(error)
        else:
            st.rerun()


def _say(error: PrflowError) -> None:
    st.error(f"{format.escape(str(error), 400)} {format.escape(error.hint, 400)}", icon=":material/error:")
