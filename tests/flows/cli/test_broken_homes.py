"""Every command on homes that cannot be used: one sentence and the way out, never a traceback, nothing lost."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.cli import app as cli
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, finish_run, start_run
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

pytestmark = pytest.mark.slow

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
COMMANDS = {
    "demo": ("demo", "--exit"),
    "up": ("up",),
    "onboard": ("onboard", "acme"),
    "history": ("history", "acme"),
    "status": ("status",),
    "repos": ("repos", "acme"),
    "members": ("members", "acme"),
    "sync": ("sync", "acme/one"),
    "bots": ("bots", "acme", "--bot", "ann"),
    "teams": ("teams",),
    "rules": ("rules", "acme"),
    "team": ("team", "acme"),
    "notify": ("notify", "list"),
    "metrics": ("metrics", "list"),
    "ui": ("ui",),
    "explain": ("explain", "acme/one#1"),
    "week": ("week", "acme"),
    "report": ("report", "acme"),
    "doctor": ("doctor",),
    "sql": ("sql", "SELECT max(length(title) + number) FROM pull_requests"),
    "mcp": ("mcp",),
    "export": ("export", "../out.duckdb"),
    "backup": ("backup", "../out.zip"),
    "restore": ("restore", "../nothing.zip"),
    "move": ("move", "--data", "../moved"),
    "login": ("login",),
    "logout": ("logout",),
    "analyse": ("analyse", "acme", "--dry-run"),
    "llm": ("llm", "check"),
    "jira": ("jira", "check"),
    "keys": ("keys", "list"),
}
# What these need of the home, and so which of them must fail on which.
START = {"demo", "up", "onboard"}
WRITE = {"bots"}
READ = {
    "status",
    "week",
    "report",
    "teams",
    "team",
    "notify",
    "rules",
    "bots",
    "explain",
    "sql",
    "mcp",
    "export",
    "backup",
    "analyse",
    "history",
}
OPEN = {"repos", "members", "sync"}  # these make or migrate the warehouse first

Make = Callable[[Path], Any]


def mounted(*arguments: str) -> bool:
    """Mount something; False if this account may not."""
    return os.geteuid() == 0 and not subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    """For an account without root's rights by mode, for root by a mount."""
    if os.geteuid():
        for path in [home, *home.rglob("*")]:
            path.chmod(0o500 if path.is_dir() else 0o400)
        try:
            yield
        finally:
            for path in [home, *home.rglob("*")]:
                path.chmod(0o700)
    elif mounted("--bind", str(home), str(home)) and mounted("-o", "remount,ro,bind", str(home)):
        try:
            yield
        finally:
            unmount(home)
    else:
        pytest.skip("root may write to every folder here and may not mount one as read-only")


@contextmanager
def full(home: Path) -> Iterator[None]:
    content = home.with_name("content")
    home.rename(content)
    home.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(home)):
        pytest.skip("a small file system can be mounted by root alone")
    shutil.copytree(content, home, dirs_exist_ok=True)
    filler = os.open(home / "filler", os.O_CREAT | os.O_WRONLY)
    try:
        while os.write(filler, b"x" * 4096):
            pass
    except OSError:
        os.close(filler)
    try:
        yield
    finally:
        unmount(home)


@contextmanager
def a_file(home: Path) -> Iterator[None]:
    shutil.rmtree(home)
    home.write_text("")
    yield


@contextmanager
def catalog_cut(home: Path) -> Iterator[None]:
    catalog = home / "warehouse/catalog.sqlite"
    os.truncate(catalog, catalog.stat().st_size // 2)
    yield


@contextmanager
def catalog_of_noise(home: Path) -> Iterator[None]:
    (home / "warehouse/catalog.sqlite").write_bytes(bytes(range(1, 256)) * 400)
    yield


@contextmanager
def catalog_empty(home: Path) -> Iterator[None]:
    os.truncate(home / "warehouse/catalog.sqlite", 0)
    yield


@contextmanager
def data_missing(home: Path) -> Iterator[None]:
    for file in (home / "warehouse/data").rglob("*.parquet"):
        file.unlink()
    yield


@contextmanager
def data_cut(home: Path) -> Iterator[None]:
    for file in (home / "warehouse/data").rglob("*.parquet"):
        os.truncate(file, 40)
    yield


@contextmanager
def postgres_down(home: Path) -> Iterator[None]:
    """Let the catalog be on a PostgreSQL server that nobody runs."""
    with socket.socket() as taken, pytest.MonkeyPatch.context() as patch:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        address = f"host=127.0.0.1 port={taken.getsockname()[1]} dbname=lake user=lake password=canary-7h3"
        patch.setenv("PRFLOW_WAREHOUSE_CATALOG", f"postgres:{address}")
        yield


HOMES: dict[str, tuple[Make, set[str], str]] = {
    "read-only": (read_only, START | WRITE | {"sync"}, "cannot write to its home"),
    "full": (full, START | WRITE, "The disk is full"),
    "a file": (a_file, START | READ | OPEN, "is a file"),
    "catalog cut": (catalog_cut, {"up", "onboard"} | READ | OPEN, "is damaged"),
    "catalog of noise": (catalog_of_noise, {"up", "onboard"} | READ | OPEN, "is damaged"),
    "catalog empty": (catalog_empty, {"up", "onboard"} | READ | OPEN, "is damaged"),
    "data missing": (data_missing, {"sql", "export", "backup", "move"}, "is missing"),
    "data cut": (data_cut, {"sql", "export", "backup", "move"}, "is damaged"),
    "postgres down": (postgres_down, {"up", "onboard"} | READ | OPEN, "PostgreSQL server of the catalog"),
}
# There these would do their work, which takes a server: the demo begins with an empty warehouse of its own, services
# start on data that are missing, and a sync fetches on a disk with little room.
WOULD_WORK = {
    "full": {"sync"},
    "catalog cut": {"demo"},
    "catalog of noise": {"demo"},
    "catalog empty": {"demo"},
    "data missing": {"demo", "up", "onboard", "sync"},
    "data cut": {"demo", "up", "onboard", "sync"},
    "postgres down": {"demo"},
}


@pytest.fixture
def home(warehouse: Warehouse, github: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a team with data in files, beside a simulated GitHub."""
    run = Run(run_id="r", team_id="acme", flow="onboarding", phase=Phase.HISTORY, as_of=T, window=Window(T))
    start_run(warehouse, run, T)
    rows = [
        {"id": f"PR_{number}", "repository_id": "R_1", "number": number, "title": "Add a test", "created_at": T}
        for number in range(1, 200)
    ]
    people = [{"team_id": "acme", "account_id": "U_1", "login": "ann", "kind": "User"}]
    commit(warehouse, Merge(schema.people, schema.frame(schema.people, people, people[0])))
    commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, rows, rows[0])))
    finish_run(warehouse, run, Status.COMPLETE, "completed", T)
    warehouse.close()
    monkeypatch.setenv("GROQ_API_KEY", "simulated")
    monkeypatch.delenv("PRFLOW_GITHUB_CLIENT_ID", raising=False)
    assert list((warehouse.settings.home / "warehouse/data").rglob("*.parquet"))
    return warehouse.settings.home


def test_every_command_is_tried() -> None:
    assert typer.main.get_command(cli.app).commands.keys() == COMMANDS.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize("broken", HOMES)
def test_no_command_ends_in_a_traceback_on_a_broken_home(
    broken: str, home: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, must_fail, words = HOMES[broken]
    with make(home):
        for name in COMMANDS.keys() - WOULD_WORK.get(broken, set()):
            monkeypatch.setenv("GROQ_API_KEY", "" if name == "llm" else "simulated")  # else it would ask a model
            code, out, err = run(*COMMANDS[name])
            said = f"{broken}: prflow {name}: exit code {code}\n{out}\n{err}"
            assert "Traceback" not in out + err, said
            assert "canary" not in out + err, said
            assert code in {0, 1}, said
            assert code == 0 or name == "doctor" or 0 < len(err.strip().splitlines()) <= 3, said
            if name in must_fail:
                assert (code, words in err) == (1, True), said


@pytest.mark.parametrize("broken", HOMES)
def test_doctor_names_the_fault_and_goes_on_to_its_other_checks(broken: str, home: Path, run: Any) -> None:
    make, _, words = HOMES[broken]
    with make(home):
        code, out, _ = run("doctor", "--json")
    checks = json.loads(out)["checks"]
    faults = " ".join(check["message"] for check in checks if check["state"] == "fault")
    assert code == 1
    assert words in faults or "You may not write" in faults
    assert {"python", "home", "disk", "ports", "github", "prefect", "warehouse"} <= {check["name"] for check in checks}


def test_a_good_home_has_none_of_these_faults(home: Path, run: Any) -> None:
    for name in READ - {"history", "mcp"}:  # one needs services, the other serves whoever writes to its standard input
        code, out, err = run(*COMMANDS[name])
        assert code == 0, (name, out, err)


def test_nothing_is_made_beside_data_whose_catalog_is_empty(home: Path, run: Any) -> None:
    with catalog_empty(home):
        run("repos", "acme")
    assert (home / "warehouse/catalog.sqlite").stat().st_size == 0


def test_a_file_system_that_takes_no_more_is_called_full(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    environment = os.environ | {"PRFLOW_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli.app", "up"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 1
    assert "The disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_that_nobody_foresaw_is_one_sentence_and_its_traceback_is_in_the_log(
    home: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_canary0123456789")

    def fail(*_: object) -> None:
        raise RuntimeError("nobody foresaw ghp_canary0123456789\nsecond line")

    monkeypatch.setattr("flows.cli.status.show_status", fail)
    code, _, err = run("status")
    assert code == 1
    assert err.splitlines() == [
        "prflow met an error that it does not know: RuntimeError: nobody foresaw <GITHUB_TOKEN>",
        f"The details are in {home}/logs/prflow.log. Please report it.",
    ]
    log = (home / "logs/prflow.log").read_text()
    assert "Traceback" in log
    assert "second line" in log
    assert "canary" not in log


def test_settings_that_cannot_be_read_are_named(home: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_WAREHOUSE_KEEP_DAYS", "many")
    code, _, err = run("status")
    assert code == 1
    assert "KEEP_DAYS" in err.upper()
    assert "Traceback" not in err
