"""The progress of a team and the view of it at this very time, with the limits from the settings."""

from datetime import timedelta

import streamlit as st

from dashboard.first_run.view import View, choose_view
from dashboard.reading import clock
from dashboard.reading.person import Refused
from dashboard.reading.progress import read_progress
from dashboard.reading.settings import DashboardSettings
from warehouse.connection import WarehouseError
from warehouse.progress import Progress


def read_view(team_id: str) -> tuple[Progress, View]:
    """Read how far the team is now, and which view shows it."""
    settings = DashboardSettings.read()
    progress = read_progress(team_id)
    view = choose_view(
        progress,
        clock.now(),
        stalled_after=timedelta(seconds=settings.stalled_seconds),
        stale_after=timedelta(hours=settings.stale_hours),
    )
    return progress, view


def read_view_or_rerun(team_id: str) -> tuple[Progress, View]:
    """Read the same inside a fragment; if warehouse or login have gone, run the page again, which then says so."""
    try:
        return read_view(team_id)
    except (WarehouseError, Refused):
        st.rerun()
