"""The dashboard as a person has it open, in Chromium: what its notices say from a point in time on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
# Streamlit's boxes, and what it says by itself while its server is away.
NOTICES = '[data-testid="stAlert"], [data-testid="stConnectionStatus"], [role="dialog"]'


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM) if CHROMIUM.exists() else None)
        yield started
        started.close()


class OpenPage:
    """A page of the dashboard that stays open, and every notice that it showed since `watch`."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page: Page = browser.new_page()
        self.page.goto(url)
        self.said: list[str] = []
        self._known: set[str] = set()

    def watch(self) -> None:
        """Count what is shown now as known, and note what is new from here on."""
        self._known = set(self._read())
        self.said = []

    def look(self) -> None:
        """Note the notices that are new."""
        for text in self._read():
            if text not in self._known:
                self._known.add(text)
                self.said.append(text)

    def close(self) -> None:
        self.page.close()

    def _read(self) -> list[str]:
        try:
            return [" ".join(text.split()) for text in self.page.locator(NOTICES).all_inner_texts() if text.strip()]
        except Error:  # the page is just being drawn again
            time.sleep(0.1)
            return []
