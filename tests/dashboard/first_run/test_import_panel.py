"""The screen of an import, also of one that has only just been asked for."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

PANEL = "from dashboard.first_run.import_panel import draw_import_screen\ndraw_import_screen('acme')"


def test_an_import_whose_run_is_not_there_yet_is_about_to_start(
    tmp_path: Path, migrated: Path, home_of_process: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(migrated, home)
    home_of_process(home)
    app: Any = AppTest.from_string(PANEL, default_timeout=60).run()
    assert not app.exception
    said = " ".join(str(one.value) for one in (*app.title, *app.subheader, *app.markdown))
    assert "Setting up your dashboard" in said
    assert "Importing the first days of acme" in said
