"""The screen of a warehouse that cannot be opened."""

import streamlit as st

from dashboard.first_run.layout import centred
from dashboard.first_run.view import unreadable_view
from dashboard.reading import data, format
from warehouse.home.broken import diagnose
from warehouse.settings import WarehouseSettings

IS_DRAWN = "unreadable_drawn"


def draw_unreadable_screen(error: BaseException) -> None:
    """Say why the warehouse cannot be used and what to do, and try again until it can."""
    found = diagnose(error, WarehouseSettings())
    view = (
        unreadable_view(found.message, found.hint) if found else unreadable_view(str(error), getattr(error, "hint", ""))
    )

    @st.fragment(run_every=view.poll_seconds)
    def panel() -> None:
        if st.session_state.get(IS_DRAWN) and data.is_readable():
            st.session_state.pop(IS_DRAWN)
            st.rerun()
        st.session_state[IS_DRAWN] = True
        with centred():
            st.error(format.escape(view.text, 800), title=view.title, icon=":material/database_off:")
            st.markdown(format.escape(view.hint, 800).replace("\\`", "`"))

    panel()
