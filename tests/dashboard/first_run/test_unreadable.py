"""The page over a warehouse that cannot be used: a sentence and the way out, no traceback."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def cut_catalog(home: Path) -> None:
    catalog = home / "warehouse/catalog.sqlite"
    os.truncate(catalog, catalog.stat().st_size // 2)


def empty_catalog(home: Path) -> None:
    os.truncate(home / "warehouse/catalog.sqlite", 0)


def lose_data(home: Path) -> None:
    for file in (home / "warehouse/data").rglob("*.parquet"):
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "words"), [(cut_catalog, "is damaged"), (empty_catalog, "is damaged"), (lose_data, "is missing")]
)
def test_the_page_names_the_fault_and_the_way_out(
    spoil: Callable[[Path], None],
    words: str,
    tmp_path: Path,
    seeded_home: Callable[..., Path],
    open_app: Callable[[Path], AppTest],
) -> None:
    home = tmp_path / "home"
    shutil.copytree(seeded_home("complete"), home)
    spoil(home)
    app: Any = open_app(home).run()
    assert not app.exception
    [error] = app.error
    assert words in error.value
    assert "Traceback" not in error.value
    assert [text for text in app.markdown if "from a backup" in text.value]
