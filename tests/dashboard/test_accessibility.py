"""Nothing keeps people out of a page: axe-core finds nothing serious, in both themes, at three widths."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dashboard
from dashboard.shell.navigation import ENTRIES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MINUTE = 60_000
SERIOUS = {"serious", "critical"}
# What Streamlit 1.67 draws so, by rule, and within what.
STREAMLITS = {
    "list": "stSidebarNav",  # sections of the menu are a div within a ul
    "listitem": "stSidebarNav",
    "svg-img-alt": "stMetric",  # Vega's marks in a sparkline have no title; the value beside it says the number
}
SIZES = {1400: 1000, 1024: 800, 420: 900}
PAGES = [entry.url_path for entry in ENTRIES]
# Cards, charts, tables, choices, forms, code: each part of a page is on one of these.
QUICK = ("overview", "reviews", "ask", "data-health", "set-up", "settings")
WITHIN = "([selector, name]) => document.querySelector(selector)?.closest(`[data-testid^=${name}]`) !== null"
Look = Callable[[str, int, str], list[str]]


@pytest.fixture(scope="module")
def look(browser: Any, start_dashboard: Any, seeded_home: Any) -> Iterator[Look]:
    """`look(scheme, width, path)` opens a page and returns what axe finds that is serious and not Streamlit's."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    url = start_dashboard(seeded_home("complete", attacks=True)).url
    opened: dict[tuple[str, int], Any] = {}

    def look_at(scheme: str, width: int, path: str) -> list[str]:
        if (scheme, width) not in opened:
            size = {"width": width, "height": SIZES[width]}
            opened[scheme, width] = browser.new_context(color_scheme=scheme, viewport=size).new_page()
        page = opened[scheme, width]
        page.goto(f"{url}/{path}")
        for selector in ("h1", READY):
            page.wait_for_selector(selector, timeout=MINUTE)
        return find_serious(page, axe.run(page, options={"resultTypes": ["violations"]}).response)

    yield look_at
    for page in opened.values():
        page.context.close()


def find_serious(page: Any, response: dict[str, Any]) -> list[str]:
    """Return one line per element that a serious or critical rule names."""
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in response["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
        if not is_streamlits(page, rule["id"], node["target"][0])
    ]


def is_streamlits(page: Any, rule: str, selector: str) -> bool:
    return rule in STREAMLITS and page.evaluate(WITHIN, [selector, STREAMLITS[rule]])


@pytest.mark.parametrize("path", QUICK)
def test_nothing_serious_keeps_anybody_out_of_what_pages_are_made_of(look: Look, path: str) -> None:
    assert look("dark", 1024, path) == []


@pytest.mark.long
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_out_of_a_page(look: Look, scheme: str, width: int, path: str) -> None:
    assert look(scheme, width, path) == []


def test_no_caption_holds_code_which_streamlit_fades_with_it() -> None:
    files = sorted(Path(dashboard.__file__).parent.rglob("*.py"))
    calls = [
        (file.name, node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
    ]
    captions = [(name, ast.unparse(call)) for name, call in calls if ast.unparse(call.func).endswith("caption")]
    assert len(captions) > 30
    assert [caption for caption in captions if "`" in caption[1]] == []
