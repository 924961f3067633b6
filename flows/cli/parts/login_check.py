"""Whether people can log in to the dashboard as configured: said at the start, and by `prflow doctor`."""

from collections.abc import Iterator
from pathlib import Path

from dashboard.access.rule import EVERY_TEAM, Role
from dashboard.access.settings import LIST_FILE, LoginSettings, check_reach
from dashboard.reading.settings import DashboardSettings
from flows.cli.parts.home import Home
from tasks.checks import Check
from warehouse.errors import NotConfigured
from warehouse.words import plural


def require_usable_login(home: Path) -> None:
    """Raise NotConfigured if others would reach a dashboard without login, or nobody could log in."""
    login, dashboard = LoginSettings(), DashboardSettings()
    check_reach(dashboard.address, has_login=login.is_on)
    if login.is_on:
        login.check(_address(dashboard), dashboard.host_names)
        login.read_grants(home)
        _check_metrics(dashboard)


def _check_metrics(dashboard: DashboardSettings) -> None:
    if dashboard.has_metrics and not dashboard.metrics_token.get_secret_value():
        raise NotConfigured(
            "PRFLOW_DASHBOARD_METRICS_TOKEN is missing: /metrics names all teams, also to who does not log in.",
            "Set a token for Prometheus, or leave PRFLOW_DASHBOARD_HAS_METRICS out.",
        )


def check_login(home: Home) -> Iterator[Check]:
    """Check the login, and name what may surprise: a list that nobody reads, an installation without an admin."""
    if home.is_demo:
        yield Check("login", "ok", "The demo is for this machine only and needs no login.")
        return
    try:
        require_usable_login(home.folder)
    except NotConfigured as error:
        yield Check("login", "fault", str(error), error.hint)
        return
    login = LoginSettings()
    if login.is_on:
        yield _describe(login, home.folder)
    elif (home.folder / LIST_FILE).exists():
        message = f"{home.folder / LIST_FILE} lists people, but no login is configured: everybody here sees everything."
        yield Check("login", "note", message, "See docs/access.md.")
    else:
        yield Check("login", "ok", "No login: the dashboard is for this machine only.")


def _describe(login: LoginSettings, folder: Path) -> Check:
    grants = login.read_grants(folder)
    words = f"People log in; {login.file(folder)} has {plural(len(grants), 'entry')}."
    if any(grant.role is Role.ADMIN and EVERY_TEAM in grant.teams for grant in grants):
        return Check("login", "ok", words)
    return Check(
        "login", "note", f"{words} None is admin of all teams.", "So nobody can use the set-up in the browser."
    )


def _address(dashboard: DashboardSettings) -> str:
    """Return where people open the dashboard; its port does not matter for a check."""
    return dashboard.url or "http://127.0.0.1"
