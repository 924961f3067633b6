"""The progress of a team as the pages show it. It holds for a second."""

from dataclasses import dataclass, field

import polars as pl
import streamlit as st

from dashboard.access.rule import What
from dashboard.reading import person
from dashboard.reading.data import identify, warehouse
from dashboard.reading.runs import team_progress
from warehouse.connection import Parameters, Reads
from warehouse.progress import Progress
from warehouse.settings import WarehouseSettings


def read_progress(team_id: str) -> Progress:
    """Return how far a team is now. Raises Refused unless the person of the session may see it."""
    person.require(What.SEE, team_id)
    catalog = WarehouseSettings.read().catalog
    return _read(team_id, catalog, identify(catalog))


# Run states are Prefect's and change without a snapshot, so this is cached by time: for a second, in which several
# open tabs may ask for the same progress.
@st.cache_data(show_spinner=False, ttl=1.0, max_entries=64)
def _read(team_id: str, catalog: str, identity: int) -> Progress:
    kept = _kept()
    key, snapshot = (team_id, catalog, identity), warehouse().snapshot_id()
    rows = kept.get(key)
    if rows is None or rows.snapshot != snapshot:
        rows = kept[key] = Rows(snapshot)
    progress = team_progress(team_id, rows)
    if progress.disagreement:
        # The run may have ended between the two readings.
        return team_progress(team_id, warehouse())
    return progress


@dataclass(frozen=True)
class Rows(Reads):
    """What the progress of a team reads of the warehouse, each query once until something is committed.

    Counting the items of 100,000 pull requests takes a tenth of a second, which a page would spend at every click.
    """

    snapshot: int
    _found: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)

    def read(self, sql: str, parameters: Parameters = ()) -> pl.DataFrame:
        """Return the rows of the query, read now or before."""
        key = (sql, repr(parameters))
        if key not in self._found:
            self._found[key] = warehouse().read(sql, parameters)
        return self._found[key]


@st.cache_resource(show_spinner=False)
def _kept() -> dict[tuple[str, str, int], Rows]:
    """Return the rows of each team that was looked at."""
    return {}
