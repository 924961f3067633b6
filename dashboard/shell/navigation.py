"""The pages and their addresses. Behind the gate the same addresses lead to the gate's panel, so a deep
link survives the wait and opens by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parents[1]
LOGO = str(FOLDER / "static" / "logo.svg")


@dataclass(frozen=True)
class Entry:
    """One page: its section of the menu, title, icon, folder under `pages/`, and address."""

    section: str
    title: str
    icon: str
    folder: str
    url_path: str

    @property
    def script(self) -> Path:
        return FOLDER / "pages" / self.folder / "page.py"


OVERVIEW = Entry("Insights", "Overview", ":material/dashboard:", "overview", "overview")
PULL_REQUESTS = Entry("Insights", "Pull requests", ":material/merge:", "pull_requests", "pull-requests")
DATA_HEALTH = Entry("Data", "Data health & sync", ":material/health_metrics:", "data_health", "data-health")
ENTRIES = (OVERVIEW, PULL_REQUESTS, DATA_HEALTH)


def page(entry: Entry) -> Any:
    """The page as Streamlit knows it; also what a link to it takes."""
    return st.Page(
        entry.script,
        title=entry.title,
        icon=entry.icon,
        url_path=entry.url_path,
        default=entry is OVERVIEW,
    )


def pages() -> Any:
    """The menu, open; returns the page that was asked for."""
    sections: dict[str, list[Any]] = {}
    for entry in ENTRIES:
        sections.setdefault(entry.section, []).append(page(entry))
    return st.navigation(sections)


def gate_pages(draw: Callable[[], None]) -> Any:
    """Every address leads to `draw`; no menu."""
    found = [
        st.Page(draw, title=entry.title, icon=entry.icon, url_path=entry.url_path, default=entry is OVERVIEW)
        for entry in ENTRIES
    ]
    return st.navigation(found, position="hidden")


def choose_team(teams: list[dict[str, Any]]) -> dict[str, Any]:
    """The team of the URL, else the first; a picker in the sidebar where there are several."""
    if len(teams) == 1:
        return teams[0]
    logins = {team["team_id"]: team["login"] or team["team_id"] for team in teams}
    with st.sidebar:
        chosen = st.selectbox("Team", list(logins), format_func=logins.__getitem__, key="team", bind="query-params")
    return next((team for team in teams if team["team_id"] == chosen), teams[0])
