"""Pages in Chromium: no error in the console, no host but their own, nothing executed of what people wrote."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

pytestmark = pytest.mark.slow
PATHS = ("/", "/pull-requests", "/data-health")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
LONG = 60_000
# On a page below the root Streamlit asks for its server under that page first, and takes the 404 for an answer.
PROBE = re.compile(r"/[a-z-]+/_stcore/(health|host-config)$")


@dataclass
class Visit:
    """A page in the browser, and all that it said and asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, url: str) -> "Visit":
        self.page.goto(url)
        return self.settle()

    def settle(self) -> "Visit":
        self.page.wait_for_selector(READY, timeout=LONG)
        self.page.wait_for_selector("h1", timeout=LONG)
        self.page.wait_for_selector(READY, timeout=LONG)
        return self

    def wait_for_address(self, is_right: Callable[[str], bool]) -> None:
        """Wait until the address is right: Streamlit sets it a moment after the page."""
        self.page.wait_for_url(is_right, timeout=LONG, wait_until="commit")

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for url in self.requests if url.startswith(("http", "ws"))}


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    opened: list[Any] = []

    def open_one(scheme: str = "light", width: int = 1440, height: int = 1200) -> Visit:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        opened.append(context)
        made = Visit(context.new_page())
        made.page.on("console", lambda message: _note(made, message))
        made.page.on("pageerror", lambda error: made.errors.append(str(error)))
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("websocket", lambda channel: made.requests.append(channel.url))
        return made

    yield open_one
    for context in opened:
        context.close()


def _note(visit: Visit, message: Any) -> None:
    if message.type == "error" and not PROBE.search(urlsplit(message.location.get("url", "")).path):
        visit.errors.append(message.text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_show_without_an_error_and_call_their_own_host_only(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any, scheme: str
) -> None:
    dashboard = start_dashboard(seeded_home("complete", attacks=True))
    seen = visit(scheme)
    for path in PATHS:
        seen.go(dashboard.url + path)
        assert seen.page.locator("h1").count() == 1
    assert seen.errors == []
    assert seen.hosts == {urlsplit(dashboard.url).netloc}
    assert "Traceback" not in dashboard.log.read_text()


@pytest.mark.parametrize(("path", "title"), [("/", "Overview"), ("/overview", "Overview"), ("/reviews", "Reviews")])
def test_the_menu_marks_the_page_whatever_address_led_to_it(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any, path: str, title: str
) -> None:
    seen = visit().go(start_dashboard(seeded_home("complete", attacks=True)).url + path)
    marked = seen.page.locator('[data-testid="stSidebarNavLink"][aria-current="page"]')
    marked.wait_for(timeout=LONG)
    assert marked.inner_text().strip().splitlines()[-1] == title
    names = [name.splitlines()[-1] for name in seen.page.locator('[data-testid="stSidebarNavLink"]').all_inner_texts()]
    assert names.count("Overview") == 1
    assert names[0] == "Overview"


def test_the_page_uses_its_own_font(visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any) -> None:
    seen = visit().go(start_dashboard(seeded_home("complete", attacks=True)).url)
    assert any(url.endswith("/app/static/inter-latin.woff2") for url in seen.requests)
    assert seen.page.evaluate("document.fonts.check('14px Inter')")


def test_nothing_is_wider_than_a_phone(visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any) -> None:
    dashboard = start_dashboard(seeded_home("complete", attacks=True))
    seen = visit(width=390, height=844)
    for path in PATHS:
        seen.go(dashboard.url + path)
        assert seen.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_a_card_leads_to_as_many_pull_requests_as_it_counts(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any
) -> None:
    seen = visit().go(start_dashboard(seeded_home("complete", attacks=True)).url + "/?period=12w&bots=true")
    card = seen.page.locator(".st-key-card_merged_prs")
    count = card.locator('[data-testid="stMetricValue"]').inner_text().strip()
    card.get_by_text("See the PRs").click()
    seen.page.wait_for_selector("text=Behind", timeout=LONG)
    seen.settle()
    assert seen.page.get_by_text(f"{count} pull requests").count() == 2
    seen.wait_for_address(lambda url: "period=12w" in url)
    seen.wait_for_address(lambda url: "bots=true" in url)


def test_a_bar_of_a_chart_leads_to_as_many_pull_requests_as_it_says(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any
) -> None:
    """The Overview has its address; Delivery fits a phone, and the bar of a week leads to its list."""
    url = start_dashboard(seeded_home("complete", attacks=True)).url
    seen = visit(width=420, height=900).go(url + "/overview")
    assert seen.page.locator("h1").inner_text() == "Overview"
    seen.go(url + "/delivery")
    assert seen.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 420
    seen.page.set_viewport_size({"width": 1400, "height": 1000})
    seen.go(url + "/delivery?bots=true")
    chart = seen.page.locator(".st-key-phases_share canvas").first
    chart.scroll_into_view_if_needed(timeout=LONG)
    box = chart.bounding_box()
    for turn in range(10):  # a chart that is still being drawn takes no click, and neither does a gap between two bars
        chart.click(position={"x": box["width"] * (0.54 + 0.02 * (turn % 3)), "y": box["height"] * 0.75})
        with suppress(pytest.importorskip("playwright.sync_api").TimeoutError):
            seen.page.wait_for_selector("text=Behind", timeout=6_000)
            break
    seen.settle()
    behind = seen.page.get_by_text(re.compile("Behind Coding, .* pull requests")).first.inner_text()
    count = re.search(r"([\d,]+) pull requests", behind)
    assert count
    assert seen.page.get_by_text(f"{count[1]} pull requests", exact=True).count() >= 1
    seen.wait_for_address(lambda url: "bots=true" in url)
    seen.wait_for_address(lambda url: "week=" in url)
    assert seen.errors == []


def test_hostile_text_is_shown_as_text_in_the_table_and_the_drawer(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any, seed: ModuleType
) -> None:
    home = seeded_home("complete", attacks=True)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""), read_only=True) as opened:
        ids = opened.read("SELECT id, title FROM pull_requests WHERE title IN (SELECT unnest(?))", [list(seed.ATTACKS)])
    assert ids.height == len(seed.ATTACKS)
    dashboard = start_dashboard(home)
    seen = visit()
    for key in ids["id"]:
        seen.go(f"{dashboard.url}/pull-requests?pr={key}&bots=true")
        drawer = seen.page.wait_for_selector('[role="dialog"]', timeout=LONG)
        seen.settle()
        links = drawer.eval_on_selector_all("a", "all => all.map(one => one.href)")
        assert all(link.startswith("https://github.com/northwind/") for link in links)
        assert drawer.eval_on_selector_all("img, iframe, script, svg image, .katex", "all => all.length") == 0
    assert seen.page.evaluate("window.pwned") is None
    assert seen.hosts == {urlsplit(dashboard.url).netloc}
    assert seen.errors == []


def test_a_click_in_a_row_opens_the_drawer_and_closing_it_goes_back(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any
) -> None:
    seen = visit().go(start_dashboard(seeded_home("complete", attacks=True)).url + "/pull-requests")
    for _ in range(2):  # the same row opens again
        table = seen.page.locator('[data-testid="stDataFrame"]').first
        table.wait_for(timeout=LONG)
        seen.page.wait_for_timeout(500)
        table.click(position={"x": 160, "y": 52})
        drawer = seen.page.wait_for_selector('[role="dialog"]', timeout=LONG)
        assert "Phases" in drawer.inner_text()
        assert "Analysis" in drawer.inner_text()
        seen.wait_for_address(lambda url: "pr=PR_" in url)
        seen.page.keyboard.press("Escape")
        seen.page.wait_for_selector('[role="dialog"]', state="detached", timeout=LONG)
        seen.settle()
        seen.wait_for_address(lambda url: "pr=" not in url)


def test_a_download_is_made_on_the_click_and_holds_no_formula(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any
) -> None:
    dashboard = start_dashboard(seeded_home("complete", attacks=True))
    seen = visit().go(dashboard.url + "/pull-requests?period=12w&bots=true")
    with seen.page.expect_download(timeout=LONG) as waiting:
        seen.page.get_by_role("button", name="CSV", exact=True).click()
    lines = waiting.value.path().read_text().splitlines()
    assert len(lines) > 600
    assert any("'=HYPERLINK" in line for line in lines)
    assert not any(",=HYPERLINK" in line or ',"=HYPERLINK' in line for line in lines)


def test_sides_are_compared_a_question_is_a_link_and_every_page_fits_a_phone(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any
) -> None:
    dashboard = start_dashboard(seeded_home("complete", attacks=True))
    seen = visit().go(dashboard.url + "/ai-impact?period=12w")
    table = seen.page.locator('[data-testid="stDataFrame"]').first
    table.wait_for(timeout=LONG)
    seen.page.wait_for_timeout(500)
    table.click(position={"x": 420, "y": 86})  # the cycle time of those that a model helped with
    seen.page.wait_for_selector("h1:has-text('Pull requests')", timeout=LONG)
    seen.settle()
    seen.wait_for_address(lambda url: "part=side" in url)
    counts = re.findall(r"([\d,]+ pull requests)", seen.page.locator('[data-testid="stMain"]').inner_text())
    assert len(counts) == 2
    assert counts[0] == counts[1]

    statement = "SELECT title, '=1' AS x FROM pull_requests ORDER BY number DESC LIMIT 60"
    phone = visit("dark", width=390, height=844).go(f"{dashboard.url}/ask?sql={quote(statement)}")
    phone.page.wait_for_selector("text=60 rows", timeout=LONG)
    with phone.page.expect_download(timeout=LONG) as waiting:
        phone.page.get_by_role("button", name="CSV", exact=True).click()
    lines = waiting.value.path().read_text().splitlines()
    assert len(lines) == 61
    assert all(line.endswith(",'=1") for line in lines[1:])
    for path in ("/teams", "/insights", "/definitions"):
        phone.go(dashboard.url + path)
        assert phone.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
        assert phone.page.evaluate("window.pwned") is None
    for one in (seen, phone):
        assert one.errors == []
        assert one.hosts == {urlsplit(dashboard.url).netloc}


def test_a_deep_link_survives_the_first_run_and_opens_by_itself(
    visit: Callable[..., Visit], start_dashboard: Any, seeded_home: Any, seed: ModuleType
) -> None:
    now = datetime.now(UTC)
    home = seeded_home("syncing", as_of=now, size=seed.Size(120, 60))
    dashboard = start_dashboard(home)
    seen = visit().go(dashboard.url + "/data-health?period=12w")
    assert seen.page.locator("h1").inner_text() == "Setting up your dashboard"
    assert seen.page.locator('[data-testid="stSidebarNav"]').count() == 0
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.measure(opened, now)
        done = [{"team_id": seed.TEAM, "status": "complete"}]
        over = [{"run_id": "run-1", "state": "completed", "ended_at": now}]
        commit(
            opened,
            Merge(schema.teams, schema.frame(schema.teams, done, done[0])),
            Merge(schema.pipeline_runs, schema.frame(schema.pipeline_runs, over, over[0])),
        )
    seen.page.wait_for_selector("h1:has-text('Data health')", timeout=LONG)
    seen.settle()
    seen.wait_for_address(lambda url: urlsplit(url).path == "/data-health")
    seen.wait_for_address(lambda url: "period=12w" in url)
    assert seen.errors == []


def test_the_first_team_opens_the_page_that_waits_for_it(
    visit: Callable[..., Visit], start_dashboard: Any, seed: ModuleType, tmp_path_factory: Any, migrated: Any
) -> None:
    home = tmp_path_factory.mktemp("later")
    seen = visit().go(start_dashboard(home).url)
    assert seen.page.locator("h1").inner_text() == "Connect your first organisation"
    shutil.copytree(migrated, home, dirs_exist_ok=True)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete", size=seed.Size(120, 60))
    seen.page.wait_for_selector("h1:has-text('Overview')", timeout=LONG)


def test_responses_carry_security_headers_and_metrics_are_hidden(start_dashboard: Any, seeded_home: Any) -> None:
    url = start_dashboard(seeded_home("complete", attacks=True)).url
    for path in ("/", "/pull-requests", "/healthz"):
        with urlopen(url + path) as response:
            headers = response.headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            policy = headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            script = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert "unsafe" not in script
            assert "http" not in script
    with pytest.raises(HTTPError, match="404") as refused:
        urlopen(url + "/_stcore/metrics")
    refused.value.close()


def test_a_page_that_fails_shows_a_reference_and_no_traceback(
    visit: Callable[..., Visit], start_dashboard: Any, seed: ModuleType, tmp_path_factory: Any, migrated: Any
) -> None:
    home = tmp_path_factory.mktemp("broken")
    shutil.copytree(migrated, home, dirs_exist_ok=True)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete", size=seed.Size(60, 40))
        opened.transact(lambda cursor: cursor.execute("DROP TABLE insights") and None)
    dashboard = start_dashboard(home)
    seen = visit().go(dashboard.url)
    box = seen.page.wait_for_selector('[data-testid="stAlert"]', timeout=LONG)
    reference = re.search(r"\b[0-9a-f]{8}\b", box.inner_text())
    assert reference
    assert "Something went wrong" in box.inner_text()
    assert "CatalogException" not in seen.page.content()
    assert f"reference {reference[0]}" in dashboard.log.read_text()


@pytest.mark.long  # each page on its way is shown by itself in tests/dashboard/first_run
def test_a_warehouse_that_goes_and_comes_back_is_followed(
    visit: Callable[..., Visit], start_dashboard: Any, seed: ModuleType, tmp_path_factory: Any, migrated: Any
) -> None:
    home = tmp_path_factory.mktemp("going")
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")

    def make(state: str) -> None:
        shutil.copytree(migrated, home, dirs_exist_ok=True)
        with Warehouse(settings) as opened:
            seed.write(opened, state, size=seed.Size(60, 40))

    make("partial")
    seen = visit().go(start_dashboard(home).url)
    assert seen.page.locator("h1").inner_text() == "Overview"
    shutil.rmtree(home / "warehouse")
    seen.page.wait_for_selector("h1:has-text('Connect')", timeout=LONG)
    seen.page.wait_for_selector("h1:has-text('Overview')", state="detached", timeout=LONG)
    make("complete")
    seen.page.wait_for_selector("h1:has-text('Overview')", timeout=LONG)
