"""`prflow up` and `prflow demo` as a person starts them, for tests that attack what they start."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from flows.services.environment import simulated_github, simulated_model
from simulators.github.serving.server import serve as serve_github
from simulators.github.story.organisation import make_organisation
from simulators.llm.server import serve as serve_model

PRFLOW = (sys.executable, "-m", "flows.cli.app")
START_SECONDS = 240
AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Installation:
    """A prflow that runs: its addresses, its password (`user:password`), and the environment of a second shell."""

    environment: dict[str, str]
    home: Path
    team: str
    prefect: str
    dashboard: str
    simulators: tuple[str, ...]
    password: str

    @property
    def auth(self) -> httpx.BasicAuth:
        user, _, password = self.password.partition(":")
        return httpx.BasicAuth(user, password)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask Prefect with the password."""
        return httpx.request(method, self.prefect + path, json=body, auth=self.auth, headers=headers, timeout=60)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `prflow ...` in a second shell."""
        return subprocess.run(
            [*PRFLOW, *arguments],
            env=self.environment,
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )


STARTS = {"up": ["up"], "demo": ["demo", "--pull-requests", "60"]}


@pytest.fixture(scope="module", params=["up", pytest.param("demo", marks=pytest.mark.long)])
def prflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Start prflow, wait until Prefect is set up, and end it as Ctrl-C does."""
    folder = tmp_path_factory.mktemp(request.param)
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PRFLOW_"))}
    environment = known | {"PRFLOW_HOME": str(folder / "home")}
    with ExitStack() as stack:
        if request.param == "up":
            github = stack.enter_context(serve_github(make_organisation(7, AS_OF, 1, 5, 30, "acme")))
            model = stack.enter_context(serve_model())
            environment |= simulated_github(github.url) | simulated_model(model.url)
        log = stack.enter_context((folder / "output").open("wb"))
        process = subprocess.Popen(
            [*PRFLOW, *STARTS[request.param]], env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield _wait_until_set_up(request.param, folder, environment, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _wait_until_set_up(
    kind: str, folder: Path, environment: dict[str, str], process: "subprocess.Popen[bytes]"
) -> Installation:
    home = folder / "home" / "demo" if kind == "demo" else folder / "home"
    found: list[Installation] = []

    def is_set_up() -> bool:
        try:
            services = json.loads((home / "services.json").read_text())
            password = (home / "prefect-password").read_text()
        except (OSError, ValueError):
            return False
        children = services["children"]
        simulators = [_address(children[name]) for name in ("github", "llm") if name in children]
        team = "northwind" if kind == "demo" else "acme"
        prefect, dashboard = services["prefect_api_url"], services["dashboard_url"]
        one = Installation(environment, home, team, prefect, dashboard, tuple(simulators), password)
        found[:] = [one]
        try:
            return one.ask("GET", "/deployments/name/weekly/weekly").status_code == 200  # the last to be set up
        except httpx.HTTPError:
            return False

    _wait(is_set_up, lambda: process.poll() is None, folder / "output")
    return found[0]


def _wait(is_true: Callable[[], bool], is_alive: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_true():
        assert is_alive() and time.monotonic() < deadline, log.read_text()  # noqa: PT018
        time.sleep(0.2)


def _address(pid: int) -> str:
    """Return the address of a simulator, from the port on its command line."""
    command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return f"http://127.0.0.1:{command[command.index('--port') + 1]}"


def port_of(url: str) -> int:
    return urlsplit(url).port or 0
