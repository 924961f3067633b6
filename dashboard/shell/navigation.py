"""The pages and their addresses.

Until a team's first days are imported, every address leads to the screen of the first run: a deep link survives
the wait and opens by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.reading.rows import Team

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


def page(entry: Entry) -> st.Page:
    """Return the page as Streamlit knows it, which is also what a link to it takes."""
    return _make_page(entry, entry.script)


def open_menu() -> st.Page:
    """Draw the menu; return the page that was asked for."""
    sections: dict[str, list[st.Page]] = {}
    for entry in ENTRIES:
        sections.setdefault(entry.section, []).append(page(entry))
    return st.navigation(sections)


def run_screen(draw: Callable[[], None]) -> None:
    """Run `draw` at every address, without a menu."""
    st.navigation([_make_page(entry, draw) for entry in ENTRIES], position="hidden").run()


def _make_page(entry: Entry, content: Path | Callable[[], None]) -> st.Page:
    return st.Page(content, title=entry.title, icon=entry.icon, url_path=entry.url_path, default=entry is OVERVIEW)


def choose_team(teams: list[Team]) -> Team:
    """Return the team of the URL, else the first; draw a picker in the sidebar if there are several."""
    if len(teams) == 1:
        return teams[0]
    logins = {team.team_id: team.login or team.team_id for team in teams}
    with st.sidebar:
        chosen = st.selectbox("Team", list(logins), format_func=logins.__getitem__, key="team", bind="query-params")
    return next((team for team in teams if team.team_id == chosen), teams[0])
