"""The five questions of docs/five-questions.md, clicked on a demo as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.services.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1800)]
PAGE = Path(__file__).parents[2] / "docs" / "five-questions.md"
TEXT = PAGE.read_text(encoding="utf-8")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MINUTE = 60_000
MAX_CLICKS = 3
TABLE = '[data-testid="stDataFrame"]'
MAIN = '[data-testid="stMain"]'
# The first row, below the title; and the second number of the second row.
PLACES = {"a row": {"x": 240, "y": 52}, "a cell": {"x": 420, "y": 86}}

# Below the bar at the top of the page, which would take the click.
TO_TOP = "it => { it.scrollIntoView(); document.querySelector('[data-testid=stMain]').scrollBy(0, -150); }"


@dataclass(frozen=True)
class Question:
    """A heading, and what is clicked below it."""

    title: str
    clicks: tuple[str, ...]


def read_questions() -> list[Question]:
    """Return the questions of the page; a click is what stands between "Click" and the colon."""
    _, *parts = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    return [
        Question(part.splitlines()[0], tuple(re.findall(r"^\d\. Click (.+?):", part, re.MULTILINE))) for part in parts
    ]


QUESTIONS = read_questions()


def test_each_of_the_five_questions_takes_at_most_three_clicks() -> None:
    assert len(QUESTIONS) == 5
    assert all(0 < len(question.clicks) <= MAX_CLICKS for question in QUESTIONS)


@pytest.fixture(scope="module")
def url(start_dashboard: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run a demo to its end, and serve a dashboard over what it has left."""
    folder = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"PRFLOW_HOME": str(folder), "PRFLOW_DASHBOARD_PORT": str(free_port())}
    command = [sys.executable, "-m", "flows.cli.app", "demo", "--exit"]
    ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return str(start_dashboard(folder / "demo").url)


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    opened = context.new_page()
    opened.goto(url)
    settle(opened)
    yield opened
    context.close()


def settle(page: Any) -> None:
    for selector in ("h1", READY):
        page.wait_for_selector(selector, timeout=MINUTE)


@pytest.mark.parametrize("question", QUESTIONS, ids=[question.title for question in QUESTIONS])
def test_a_question_is_answered_by_the_clicks_that_are_listed(page: Any, question: Question) -> None:
    for said in question.clicks:
        click(page, said)
        if "/pull-requests" in page.url and not page.locator('[role="dialog"]').count():
            assert_list_is_whole(page)


def click(page: Any, said: str) -> None:
    """Click what the page says: a row, a cell, a page of the menu, or what has these words."""
    if said in PLACES:
        click_table(page, said)
        return
    *card, words = re.findall(r"\*\*(.+?)\*\*", said)
    before = page.url
    if said.endswith("in the menu"):
        page.get_by_role("link", name=words).first.click(timeout=MINUTE)
        page.wait_for_url(lambda url: url != before, timeout=MINUTE)
        page.wait_for_selector(f"h1:has-text('{words}')", timeout=MINUTE)
    else:
        within = page.locator('[class*="st-key-card_"]', has_text=card[0]).first if card else page.locator(MAIN)
        target = within.get_by_text(re.compile(re.sub(r"\d+", r"\\d+", re.escape(words)))).first
        target.click(timeout=MINUTE)
        if "(" not in words and "Like" not in words:  # a choice stays on its page
            page.wait_for_url(lambda url: url != before, timeout=MINUTE)
    settle(page)


def click_table(page: Any, said: str) -> None:
    """Click in the first table until it leads somewhere: one that is still being drawn takes no click."""
    time_out = pytest.importorskip("playwright.sync_api").TimeoutError
    before = page.url
    for _ in range(10):
        table = page.locator(TABLE).first
        table.wait_for(timeout=MINUTE)
        table.evaluate(TO_TOP)
        table.click(position=PLACES[said], timeout=MINUTE)
        with suppress(time_out):
            page.wait_for_url(lambda url: url != before, timeout=6_000)
            break
    assert page.url != before
    settle(page)
    if said == "a row":
        assert "Timeline" in page.wait_for_selector('[role="dialog"]', timeout=MINUTE).inner_text()


def assert_list_is_whole(page: Any) -> None:
    """Compare the number that led to a list with how many it has."""
    page.wait_for_selector("h1:has-text('Pull requests')", timeout=MINUTE)
    settle(page)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stMain]').innerText.match(/[\\d,]+ pull requests?/g)?.length >= 2",
        timeout=MINUTE,
    )
    counts = re.findall(r"([\d,]+) pull requests?", page.locator(MAIN).inner_text())
    assert counts[0] == counts[1]
