"""`prflow backup`, `restore` and `move` as a person uses them."""

import json
from pathlib import Path

import pytest

from flows.cli.data.move import plan_move
from tests.flows.cli.test_app import SECRETS, onboard_acme, run
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.settings import WarehouseSettings

ROWS = "SELECT team_id, status FROM teams"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_a_backup_is_restored_in_another_home_and_moved_from_there(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    rows = warehouse.read(ROWS).rows()
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    assert run(monkeypatch, "backup", "one.zip", "--json") == 0
    assert json.loads(capsys.readouterr().out)["tables"]["teams"] == 1
    assert run(monkeypatch, "backup", "one.zip") == 1
    assert "add --force" in capsys.readouterr().err
    assert run(monkeypatch, "restore", "one.zip") == 1
    assert "Add --replace" in capsys.readouterr().err

    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "second"))
    assert run(monkeypatch, "restore", "one.zip") == 0
    assert "as of 20" in capsys.readouterr().out
    assert run(monkeypatch, "move", "--data", str(tmp_path / "elsewhere")) == 0
    said = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines() if line.startswith("PRFLOW_"))
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert said["PRFLOW_WAREHOUSE_DATA"] == str(tmp_path / "elsewhere")
    with Warehouse(WarehouseSettings(), read_only=True) as moved:
        assert moved.read(ROWS).rows() == rows


def test_a_move_needs_places_of_its_own_and_no_password_on_the_command_line(tmp_path: Path) -> None:
    old = WarehouseSettings(home=tmp_path, warehouse_catalog="", warehouse_data="")
    for catalog, data, words in (
        (None, None, "Say where to"),
        (old.catalog, "elsewhere", "is where the old one is"),
        ("postgres:host=db password=hunter2 dbname=lake", None, "seen by everybody"),
    ):
        with pytest.raises(BadArgument, match=words):
            plan_move(old, catalog, data)
    new = plan_move(old, "postgres:host=db dbname=lake", None)
    assert new.data_path == f"{tmp_path}/warehouse/data-2"
    assert plan_move(old, None, "s3://b/p").catalog == f"sqlite:{tmp_path}/warehouse/catalog-2.sqlite"
