"""The pages and their addresses.

Until a team's first days are imported, every address leads to the screen of the first run: a deep link survives
the wait and opens by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What, may
from dashboard.reading import format, person
from dashboard.reading.rows import Team
from dashboard.reading.settings import DashboardSettings
from dashboard.shell.address import accept, say_unknown

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
        return FOLDER / "pages" / self.folder / "layout.py"


OVERVIEW = Entry("Insights", "Overview", ":material/dashboard:", "overview", "overview")
TEAMS = Entry("Insights", "Teams", ":material/groups:", "teams", "teams")
DELIVERY = Entry("Insights", "Delivery", ":material/local_shipping:", "delivery", "delivery")
REVIEWS = Entry("Insights", "Reviews", ":material/rate_review:", "reviews", "reviews")
WORK = Entry("Insights", "Work", ":material/category:", "work", "work")
AI_IMPACT = Entry("Insights", "AI impact", ":material/smart_toy:", "ai_impact", "ai-impact")
INSIGHTS = Entry("Insights", "Insights", ":material/lightbulb:", "insights", "insights")
PULL_REQUESTS = Entry("Insights", "Pull requests", ":material/merge:", "pull_requests", "pull-requests")
ASK = Entry("Data", "Ask the data", ":material/database:", "ask", "ask")
DEFINITIONS = Entry("Data", "Definitions", ":material/menu_book:", "definitions", "definitions")
DATA_HEALTH = Entry("Data", "Data health & sync", ":material/health_metrics:", "data_health", "data-health")
SET_UP = Entry("Set up", "Set up prflow", ":material/add_link:", "set_up", "set-up")
SETTINGS = Entry("Set up", "Settings", ":material/settings:", "settings", "settings")
# In the order of the menu. A page is registered once its script is there.
ENTRIES = tuple(
    entry
    for entry in (
        OVERVIEW,
        TEAMS,
        DELIVERY,
        REVIEWS,
        WORK,
        AI_IMPACT,
        INSIGHTS,
        PULL_REQUESTS,
        ASK,
        DEFINITIONS,
        DATA_HEALTH,
        SET_UP,
        SETTINGS,
    )
    if entry.script.exists()
)
# Streamlit serves the default page at / only, whatever its path: a second page, not in the menu, has the address.
HOME_PATH = "home"
# They are about prflow and not about the pull requests of a period: no filter, no banner.
WITHOUT_FILTERS = (SET_UP, SETTINGS)


def page(entry: Entry) -> st.Page:
    """Return the page as Streamlit knows it, which is also what a link to it takes."""
    return _make_page(entry, entry.script)


def open_menu() -> tuple[Entry, st.Page]:
    """Draw the menu; return the page that was asked for."""
    sections: dict[str, list[st.Page]] = {}
    for entry in ENTRIES:
        sections.setdefault(entry.section, []).append(page(entry))
    sections[OVERVIEW.section].insert(0, _make_overview_address(OVERVIEW.script))
    chosen = st.navigation(sections, expanded=True)
    return next(entry for entry in ENTRIES if entry.title == chosen.title), chosen


def run_screen(draw: Callable[[], None], *, has_set_up: bool = True) -> None:
    """Run `draw` at every address, but that of the set-up if it is to be there, without a menu."""
    pages = [_make_page(entry, entry.script if entry is SET_UP and has_set_up else draw) for entry in ENTRIES]
    st.navigation([*pages, _make_overview_address(draw)], position="hidden").run()


def _make_page(entry: Entry, content: Path | Callable[[], None]) -> st.Page:
    is_home = entry is OVERVIEW
    path = HOME_PATH if is_home else entry.url_path
    is_hidden = is_off(entry) or (is_home and _is_at_overview_address())
    return st.Page(
        content,
        title=entry.title,
        icon=entry.icon,
        url_path=path,
        default=is_home,
        visibility="hidden" if is_hidden else "visible",
    )


def is_off(entry: Entry) -> bool:
    """Return True for a page that is switched off, or not for this person: its address stays, and says so."""
    settings = DashboardSettings.read()
    if entry is ASK:
        return not settings.has_sql or not person.is_allowed(What.SQL, EVERY_TEAM)
    return entry in WITHOUT_FILTERS and not (settings.has_settings and _may_set(entry))


def _may_set(entry: Entry) -> bool:
    """Return whether the person is admin of all teams, for the set-up, or of any."""
    who = person.current()
    return may(who, What.SET_UP, EVERY_TEAM) or (
        entry is SETTINGS and any(may(who, What.DECIDE, team) for grant in who.grants for team in grant.teams)
    )


def _make_overview_address(content: Path | Callable[[], None]) -> st.Page:
    """Return the Overview at `/overview`: the one in the menu for who came by that address, so that it is marked."""
    return st.Page(
        content,
        title=OVERVIEW.title,
        icon=OVERVIEW.icon,
        url_path=OVERVIEW.url_path,
        visibility="visible" if _is_at_overview_address() else "hidden",
    )


def _is_at_overview_address() -> bool:
    return urlsplit(st.context.url or "").path.rstrip("/").endswith(f"/{OVERVIEW.url_path}")


def choose_team(teams: list[Team]) -> Team:
    """Return the team of the URL, else the first; draw a picker in the sidebar if there are several."""
    logins = {team.team_id: team.login or team.team_id for team in teams}
    known = {name: key for key, login in logins.items() for name in (key, login)}
    if unknown := say_unknown("Team", accept("team", known, list(logins.values()))):
        text = f"The address asks for {format.escape(unknown, 300)}: not known here, so another team is shown."
        st.info(text, icon=":material/link_off:")
    if len(teams) == 1:
        return teams[0]
    with st.sidebar:
        chosen = st.selectbox("Team", list(logins), format_func=logins.__getitem__, key="team", bind="query-params")
    return next((team for team in teams if team.team_id == chosen), teams[0])
