"""A person opens a drawn pull request, says whether its type of work is right, and takes it back."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shell import navigation
from warehouse.connection import Warehouse
from warehouse.reads.reading_checks import WORK_TYPE, read_drawn
from warehouse.settings import WarehouseSettings

RIGHT, UNDO = (f"check_{WORK_TYPE}__{label}" for label in ("Right", "Undo"))


@pytest.fixture(scope="module")
def home(seeded_home: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a team, for this module alone: it is written to."""
    home: Path = tmp_path_factory.mktemp("checked")
    shutil.copytree(seeded_home("complete"), home, dirs_exist_ok=True)
    return home


def test_a_judged_reading_counts_and_can_be_taken_back(
    open_app: Callable[[Path], AppTest], home: Path, seed: ModuleType
) -> None:
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings, read_only=True) as warehouse:
        first = read_drawn(warehouse, seed.TEAM).filter(question=WORK_TYPE)["pull_request_id"][0]
    app = open_app(home).run().switch_page(str(navigation.WORK.script)).run()
    assert not app.exception
    assert any("0 of 30 judged" in one.value for one in app.markdown)
    app.query_params["pr"] = first
    app.run()
    app.button(key=RIGHT).click().run()
    assert not app.exception
    assert any("1 of 30 judged" in one.value for one in app.markdown)
    app.button(key=UNDO).click().run()
    assert any("0 of 30 judged" in one.value for one in app.markdown)
