"""`doctor`, `status`, `sql` and their like look and change nothing, also on a warehouse of another version."""

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from flows.cli.checks.runs import count_standing, find_standing
from tests.flows.cli.test_app import SECRETS, T, onboard_acme, run
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.home.version import known_versions
from warehouse.progress import note_waiting
from warehouse.progress.runs import read_latest_run
from warehouse.settings import WarehouseSettings

NEWEST = known_versions()[-1]
COMMANDS = [
    ("doctor", "--json"),
    ("status",),
    ("status", "--json"),
    ("sql", "SELECT count(*) AS n FROM teams"),
    ("teams",),
    ("bots",),
]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def digests(home: Path) -> dict[str, str]:
    """Return every file of the home by its content. SQLite keeps an index of readers beside the catalog."""
    files = [path for path in home.rglob("*") if path.is_file() and not path.name.endswith((".sqlite-shm", "-wal"))]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copied(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the home of a warehouse that nobody writes any more, and work with that."""
    home = warehouse.settings.home
    warehouse.close()
    shutil.copytree(home, tmp_path / "copy")
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "copy"))
    return tmp_path / "copy"


@pytest.mark.slow
def test_diagnostics_leave_every_file_as_it_was(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    home = copied(warehouse, tmp_path, monkeypatch)
    before = digests(home)
    for command in COMMANDS:
        run(monkeypatch, *command)
        assert digests(home) == before, command
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
def test_an_older_warehouse_is_named_and_not_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "older"
    monkeypatch.setenv("PRFLOW_HOME", str(home))
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as old:
        migrations.upgrade(old, "0003")
        with old.cursor() as cursor:
            cursor.execute("INSERT INTO teams (team_id, login, status) VALUES ('acme', 'acme', 'complete')")
    before = digests(home)
    for command in COMMANDS:
        code = run(monkeypatch, *command)
        said = capsys.readouterr()
        assert digests(home) == before, command
        assert "Traceback" not in said.err
        if command[0] == "sql":
            assert code == 0
        else:
            assert "earlier prflow (tables of version 0003" in said.out + said.err, command


@pytest.mark.parametrize("command", [*COMMANDS, ("export", "out.duckdb"), ("up",)])
def test_a_newer_warehouse_is_refused_in_words(
    command: tuple[str, ...],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE schema_version SET version_num = '9999'")
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    assert run(monkeypatch, *command) == 1
    said = capsys.readouterr()
    words = f"newer than this prflow: its tables are of version 9999, and this prflow knows versions up to {NEWEST}"
    assert words in " ".join((said.out + said.err).split()), command


def test_what_stands_still_is_counted_but_not_what_waits(warehouse: Warehouse) -> None:
    onboard_acme(warehouse)
    later = T + timedelta(hours=3)
    found = find_standing(warehouse, "acme", lambda _: None, later)
    assert found is not None
    assert count_standing([found], later).message == "1 run stands still: onboarding of acme has not moved for 3 hours."
    assert find_standing(warehouse, "acme", lambda _: None, T + timedelta(minutes=59)) is None
    run_ = read_latest_run(warehouse, "acme")
    assert run_ is not None
    note_waiting(warehouse, run_.run, later + timedelta(minutes=1), "GitHub's rate limit", T)
    assert find_standing(warehouse, "acme", lambda _: None, later) is None


def test_doctor_says_of_a_run_that_ended_unseen_without_writing_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    onboard_acme(warehouse)
    before = warehouse.snapshot_id()
    run(monkeypatch, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert "onboarding of acme has not moved for" in checks["runs"]["message"]
    assert warehouse.snapshot_id() == before
