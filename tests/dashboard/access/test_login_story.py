"""The login in Chromium, with a provider of OpenID Connect: let in, let out, refused, two teams, the way back."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from flows.services.ports import free_port, responds
from tests.dashboard.access.conftest import LOGIN, OTHER, SECRET

pytestmark = pytest.mark.slow
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
LONG = 60_000
PEOPLE = [
    {"sub": "viewer", "email": "viewer@example.com", "email_verified": True},
    {"sub": "root", "email": "root@example.com", "email_verified": True},
    {"sub": "unverified", "email": "root@example.com", "email_verified": False},
    {"sub": "analyst", "email": "someone@elsewhere.example", "groups": ["others", "data"]},
]
LINK = "/pull-requests?team=Northwind&state=Merged"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Start the provider of logins; return the address of its metadata."""
    port = free_port()
    people = [argument for person in PEOPLE for argument in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *people]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
        until = time.monotonic() + 60
        while not responds(address):
            assert process.poll() is None and time.monotonic() < until  # noqa: PT018
            time.sleep(0.1)
        yield address
        process.terminate()


@pytest.fixture(scope="module")
def dashboard(provider: str, two_teams: Path, start_dashboard: Any) -> Any:
    """Start a dashboard whose people log in."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (LOGIN | {"PRFLOW_LOGIN_METADATA_URL": provider}).items():
            patch.setenv(name, value)
        return start_dashboard(two_teams)


@pytest.fixture
def visit(browser: Any, dashboard: Any) -> Iterator[Callable[[], Any]]:
    """Return what opens a page in a browser of its own, as another person's."""
    contexts = []

    def open_page() -> Any:
        contexts.append(browser.new_context(base_url=dashboard.url))
        # The provider's own pages want a style sheet of another host.
        contexts[-1].route(re.compile("^https://"), lambda route: route.abort())
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


def _settle(page: Any, title: str) -> str:
    """Wait until the script has ended below this title; return all text of the page."""
    page.get_by_role("heading", level=1, name=title).wait_for(timeout=LONG)
    page.wait_for_selector(READY, timeout=LONG)
    # What escapes an address for Markdown has no width.
    return str(page.locator("body").inner_text()).replace("\u200b", "")


def _log_in(page: Any, who: str, title: str, address: str = "/") -> str:
    page.goto(address)
    before = _settle(page, "Log in to prflow")
    assert not re.search(f"northwind|{SECRET}", before, re.IGNORECASE)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=who, exact=True).click(timeout=LONG)
    return _settle(page, title)


@pytest.mark.long  # what each role sees is shown page by page in test_pages.py
def test_a_link_survives_the_login_which_opens_the_pages_of_the_role_until_the_logout(
    visit: Callable[[], Any], dashboard: Any, provider: str
) -> None:
    page = visit()
    hosts: set[str] = set()
    page.on("requestfinished", lambda request: hosts.add(urlsplit(request.url).netloc))
    words = _log_in(page, "viewer", "Pull requests", LINK)
    assert hosts == {urlsplit(dashboard.url).netloc, urlsplit(provider).netloc}
    assert f"{urlsplit(page.url).path}?{urlsplit(page.url).query}" == LINK
    assert "viewer@example.com" in words
    menu = page.get_by_test_id("stSidebarNav").inner_text()
    assert "Delivery" in menu
    assert not [name for name in ("Ask the data", "Set up prflow", "Settings") if name in menu]
    page.goto(f"/overview?team={OTHER}&pr=PR_of_the_others")
    assert SECRET not in _settle(page, "Overview")
    for team, status in (("northwind", 200), (OTHER, 403), ("nothing-here", 403)):
        assert page.request.get(f"/api/status?team={team}").status == status
    page.goto("/")
    _settle(page, "Overview")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click(timeout=LONG)
    _settle(page, "Log in to prflow")
    assert page.request.get("/api/status?team=northwind").status == 403


def test_a_group_is_enough_for_the_teams_and_pages_of_its_role(visit: Callable[[], Any]) -> None:
    page = visit()
    _log_in(page, "analyst", "Overview", f"/overview?team={OTHER}")
    menu = page.get_by_test_id("stSidebarNav").inner_text()
    assert "Ask the data" in menu
    assert "Settings" not in menu
    assert page.get_by_test_id("stSidebar").get_by_label("Team").input_value() == OTHER


def test_whoever_is_refused_sees_why_and_nothing_else(visit: Callable[[], Any]) -> None:
    page = visit()
    words = _log_in(page, "unverified", "Nothing here for this account", LINK)
    assert "does not say that your e-mail address is verified" in words
    assert "Ask the [data](http://evil.example) team for access." in words
    assert not re.search(f"northwind|{SECRET}", words, re.IGNORECASE)
    assert not page.locator('a[href*="evil"]').count()
    assert page.request.get("/api/status").status == 403
    page = visit()
    page.goto("/")
    _settle(page, "Log in to prflow")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Deny").click(timeout=LONG)
    _settle(page, "Log in to prflow")


def test_without_a_login_files_and_routes_are_closed_and_a_forged_cookie_opens_none(dashboard: Any) -> None:
    forged = "2|1:0|10:1700000000|15:_streamlit_user|8:eyJ4Ijox|0123456789abcdef"
    with httpx.Client(base_url=dashboard.url, trust_env=False, timeout=60) as client:
        for cookies in ({}, {"_streamlit_user": forged}, {"_streamlit_user": "chunks-2"}):
            client.cookies = httpx.Cookies(cookies)
            for path in ("/media/a.csv", "/api/status", "/api/status?team=northwind", "/_stcore/upload_file/a/b"):
                assert client.get(path).status_code == 403, (path, cookies)
        assert client.get("/healthz").status_code == 200
        assert client.get("/oauth2callback?code=x&state=y").headers["location"] == "/"
        client.get("/oauth2callback?error=%1b[31mred%c2%9b2J&error_description=%1b]0;title%07")
    log = dashboard.log.read_text()
    assert "[31mred" in log
    assert not [one for one in log if one not in "\n\t" and not one.isprintable()]


def test_nothing_secret_is_in_the_log_or_on_the_command_line(dashboard: Any) -> None:
    log = dashboard.log.read_text()
    command_lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if os.access(file, os.R_OK)]
    for secret in (LOGIN["PRFLOW_LOGIN_CLIENT_SECRET"], LOGIN["PRFLOW_LOGIN_COOKIE_SECRET"]):
        assert secret not in log
        assert not [line for line in command_lines if secret.encode() in line]
