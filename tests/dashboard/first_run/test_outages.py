"""What a page says while a process of prflow is being started again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading.services import describe_away

AT = "2026-11-27T16:40:01.5+00:00"


def write(home: Path, away: object) -> Path:
    (home / "services.json").write_text(json.dumps({"prefect_api_url": "", "away": away}))
    return home


def test_each_process_that_died_is_named_with_the_time(tmp_path: Path) -> None:
    assert describe_away(write(tmp_path, {"worker": AT, "server": AT})) == [
        "Prefect's server ended at 16:40:01 UTC and is being started again. "
        "Nothing is lost: what runs goes on by itself.",
        "The worker ended at 16:40:01 UTC and is being started again. Nothing is lost: what runs goes on by itself.",
    ]


@pytest.mark.parametrize("away", [{}, None, [], {"server": "yesterday"}, {"server": 5}])
def test_nothing_is_said_if_nothing_is_away_or_the_file_makes_no_sense(away: object, tmp_path: Path) -> None:
    assert describe_away(write(tmp_path, away)) == []
    assert describe_away(tmp_path / "nowhere") == []


@pytest.mark.parametrize("state", ["syncing", "complete"])
def test_the_page_stays_up_and_says_so(
    state: str, tmp_path: Path, seeded_home: Callable[..., Path], open_app: Callable[[Path], AppTest]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(seeded_home(state), home)
    app: Any = open_app(write(home, {"server": AT})).run()
    assert not app.exception
    assert [box.value for box in app.warning if "is being started again" in box.value]
