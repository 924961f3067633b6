"""The set-up in Chromium, by keyboard, from nothing to an open dashboard; begun in one browser, ended in another."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.reading.settings import command
from flows.onboarding import onboarding
from flows.services.ports import free_port, responds
from simulators.github.store.world import Organisation
from simulators.github.story.organisation import make_organisation
from tests.flows.conftest import T, wait_until
from tests.flows.services.admin.conftest import TOKEN

if TYPE_CHECKING:
    from tests.flows.services.admin.conftest import SetUpWorld

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
CHROMIUM = "/usr/bin/chromium"
LONG = 90_000
MAX_TABS = 80
# What is said of the element that has the focus: its own words, or those of its label.
FOCUSED = """tags => {
    const one = document.activeElement;
    if (!tags.includes(one.tagName)) return '';
    const label = one.getAttribute('aria-label') || (one.labels && one.labels[0] ? one.labels[0].innerText : '');
    return `${label} ${one.innerText || ''}`;
}"""


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(7, T, repositories=2, pull_requests=30, days=60, login="acme")


@pytest.fixture
def dashboard(set_up_world: "SetUpWorld") -> Iterator[str]:
    """Start the dashboard as a process of its own, which knows the Prefect server of the tests."""
    port = free_port()
    log = set_up_world.home.parent / "dashboard.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command(port), env=os.environ, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: responds(f"http://127.0.0.1:{port}/healthz"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)
    assert "Traceback" not in log.read_text()
    assert TOKEN not in log.read_text()


@pytest.fixture
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Person:
    """Somebody with a keyboard and no mouse, in a browser of their own; notes all that goes over the network."""

    def __init__(self, browser: Any, url: str) -> None:
        self.context = browser.new_context(viewport={"width": 1200, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(LONG)
        self.seen: list[str] = []
        self.page.on("request", lambda request: self.seen.append(request.url))
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._note))
        self.page.goto(url)

    def _note(self, frame: Any) -> None:
        self.seen.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))

    def read(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def settle(self) -> None:
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')

    def go_to(self, words: str, tags: tuple[str, ...] = ("A", "BUTTON", "INPUT")) -> None:
        """Press Tab until the focus is on what says this."""
        self.settle()
        for _ in range(MAX_TABS):
            self.page.keyboard.press("Tab")
            if words in self.page.evaluate(FOCUSED, list(tags)):
                return
        raise AssertionError(f"no Tab leads to {words}")

    def press(self, words: str, key: str = "Enter") -> None:
        self.page.get_by_text(words).first.wait_for()
        self.go_to(words)
        self.page.keyboard.press(key)


def run_import() -> None:
    """Run what was queued, as a worker would, beside Playwright's event loop."""
    work = copy_context()  # where Prefect keeps the settings of the tests
    thread = Thread(target=lambda: work.run(asyncio.run, onboarding("acme", as_of=T, without_model=True)))
    thread.start()
    thread.join()


# What each screen shows and keeps is told, sooner, by test_set_up_pages and test_steps.
@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_team_is_set_up_by_keyboard_begun_in_one_browser_and_ended_in_another(
    set_up_world: "SetUpWorld", dashboard: str, chromium: Any
) -> None:
    first = Person(chromium, dashboard)
    first.press("Set up prflow")
    first.read("Connect GitHub")
    first.go_to("GitHub token", ("INPUT",))
    first.page.keyboard.type(TOKEN)
    first.page.keyboard.press("Enter")
    first.read("Connected as")
    first.press("Continue")
    first.read("The token sees")
    first.context.close()

    second = Person(chromium, f"{dashboard}/set-up")
    second.read("The token sees")
    second.press("Continue")
    second.read("2 of 2 repositories")
    second.read("25 members in")
    second.press("acme", "Space")
    second.read("1 of 2 repositories")
    second.press("Start without a model")
    second.read("Importing the first days of acme")
    run_import()
    second.read("acme is ready")
    second.press("Open the dashboard")
    second.page.get_by_role("heading", name="Overview").first.wait_for()
    followed = set_up_world.warehouse.read("SELECT count(*) AS n FROM repositories WHERE is_followed")["n"]
    assert followed.to_list() == [1]
    assert [text[:80] for text in first.seen + second.seen if TOKEN in text] == []
    second.context.close()
