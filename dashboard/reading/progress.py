"""The progress of a team as the pages show it. It holds for a second."""

import streamlit as st

from dashboard.access.rule import What
from dashboard.reading import person
from dashboard.reading.data import identify, warehouse
from dashboard.reading.runs import team_progress
from warehouse.progress import Progress
from warehouse.settings import WarehouseSettings


def read_progress(team_id: str) -> Progress:
    """Return how far a team is now. Raises Refused unless the person of the session may see it."""
    person.require(What.SEE, team_id)
    catalog = WarehouseSettings().catalog
    return _read(team_id, catalog, identify(catalog))


# Run states are Prefect's and change without a snapshot, so this is cached by time: for a second, in which several
# open tabs may ask for the same progress.
@st.cache_data(show_spinner=False, ttl=1.0, max_entries=64)
def _read(team_id: str, catalog: str, identity: int) -> Progress:
    return team_progress(team_id, warehouse())
