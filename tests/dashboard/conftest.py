"""A seeded warehouse for pages to show, a dashboard over it, and a browser to look at it."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.reading.settings import command
from flows.services.ports import free_port, responds
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

# The entry script, from a folder without `pages`: AppTest turns Streamlit's automatic menu on beside one.
APP = "from dashboard import app; app.run()"
CHROMIUM = Path("/usr/bin/chromium")
START_SECONDS = 60


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"dashboard_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def seed() -> ModuleType:
    """Load the module that writes a believable organisation."""
    return _load("seed")


Home = Callable[..., Path]


@pytest.fixture(scope="session")
def seeded_home(tmp_path_factory: pytest.TempPathFactory, migrated: Path, seed: ModuleType) -> Home:
    """`seeded_home(state)` is the folder of a warehouse in that state, made once per session and state."""
    made: dict[str, Path] = {}

    def make(state: str = "complete", **options: Any) -> Path:
        key = f"{state}{sorted(options.items())}"
        if key not in made:
            home = tmp_path_factory.mktemp(state)
            shutil.copytree(migrated, home, dirs_exist_ok=True)
            with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
                seed.write(opened, state, **options)
            made[key] = home
        return made[key]

    return make


@pytest.fixture(scope="module")
def home_of_process() -> Iterator[Callable[[Path], None]]:
    """Points the dashboard's settings, in this process, at a folder; no Prefect is known."""
    st.cache_data.clear()
    st.cache_resource.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        yield lambda home: patch.setenv("PRFLOW_HOME", str(home))


@pytest.fixture
def open_app(home_of_process: Callable[[Path], None]) -> Callable[[Path], AppTest]:
    """Return a function that runs the entry script over a home, without a server."""

    def run(home: Path) -> AppTest:
        home_of_process(home)
        return AppTest.from_string(APP, default_timeout=60)

    return run


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that runs as a process of its own."""

    url: str
    log: Path


@pytest.fixture(scope="session")
def start_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Dashboard]]:
    """`start_dashboard(home)` starts one over that home; all of them end with the session."""
    running: list[subprocess.Popen[bytes]] = []
    known: dict[Path, Dashboard] = {}

    def start(home: Path) -> Dashboard:
        if home not in known:
            known[home] = _start(home, tmp_path_factory.mktemp("log") / "dashboard.log", running)
        return known[home]

    yield start
    for process in running:
        os.killpg(process.pid, signal.SIGTERM)
    for process in running:
        process.wait(timeout=60)


def _start(home: Path, log: Path, running: list[subprocess.Popen[bytes]]) -> Dashboard:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(port),
            env=environment | {"PRFLOW_HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=home,
        )
    running.append(process)
    _wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
    return Dashboard(f"http://127.0.0.1:{port}", log)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if responds(url):
            return
        time.sleep(0.2)
    raise AssertionError(f"the dashboard did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window; skips where the machine has none.

    Ends with its module: while Playwright is open, its event loop is this thread's running one, and no other
    test can have its own.
    """
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium on this machine: apt-get install chromium fonts-liberation")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()
