"""The notice that a process of prflow died and is being started again."""

import streamlit as st

from dashboard.reading import format
from dashboard.reading.services import describe_away
from warehouse.settings import WarehouseSettings


def draw_outages() -> None:
    """Draw one notice per process that is away."""
    for words in describe_away(WarehouseSettings.read().home):
        st.warning(format.escape(words), icon=":material/restart_alt:")
