"""Colours that code names are the theme's own, and nothing in the theme is fetched from elsewhere."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dashboard.parts import charts
from dashboard.parts.charts import review_load
from dashboard.reading.settings import SERVER, command

FOLDER = SERVER.parent
CONFIG = FOLDER / ".streamlit" / "config.toml"


@pytest.fixture(scope="module")
def theme() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(CONFIG.read_text())["theme"]
    return found


def test_the_palette_in_code_is_that_of_the_theme(theme: dict[str, Any]) -> None:
    assert list(charts.LIGHT) == theme["light"]["chartCategoricalColors"][: len(charts.LIGHT)]
    assert list(charts.DARK) == theme["dark"]["chartCategoricalColors"][: len(charts.DARK)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_heat_map_uses_the_sequence_of_the_theme(theme: dict[str, Any], scheme: str) -> None:
    assert set(review_load.HEAT[scheme]) <= set(theme[scheme]["chartSequentialColors"])


def test_fonts_lie_beside_the_pages_with_their_licence(theme: dict[str, Any]) -> None:
    for face in theme["fontFaces"]:
        assert (FOLDER / face["url"].removeprefix("app/")).is_file()
    assert "SIL Open Font License" in (FOLDER / "static" / "inter-LICENSE.txt").read_text()
    assert "http" not in str(theme)


def test_the_start_command_opens_no_browser_and_sends_no_statistics() -> None:
    started = command(8765)
    assert Path(started[4]) == SERVER
    for part in ("--server.port=8765", "--server.address=127.0.0.1", "--server.headless=true"):
        assert part in started
    assert "--browser.gatherUsageStats=false" in started
