"""Every command of the documents beside a running `prflow up`: whom it calls, what it writes, and what it is told.

GitHub and the model are simulators on this machine, all else is as a person has it: a fresh HOME, a proxy for the
outside, and secrets of many kinds in the environment.
"""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from docs.command_line import find_commands, find_examples
from flows.services.processes import descendants
from simulators.github.serving.server import serve as serve_github
from simulators.github.story.organisation import make_organisation
from simulators.llm.server import serve as serve_model
from tests.conftest import ROOT
from tests.leaks import in_files, in_prefect
from tests.recorder import Recorder, recording
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1500)]

BIN = Path(sys.executable).parent
LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}  # noqa: S104  the last is bound to, to see whether a port is free
SECONDS = 300
WRITTEN = ("prflow.zip", ".prflow.zip", "team.html", ".team.html")
PASSWORD = "prflow:9PrefectCanary"
OF_GITHUB, OF_MODEL = {"GITHUB_TOKEN": "ghp_9GithubCanary"}, {"GROQ_API_KEY": "gsk_9ModelCanary"}
OF_WAREHOUSE = {"PGPASSWORD": "pg-9PasswordCanary", "AWS_SECRET_ACCESS_KEY": "s3-9SecretCanary"}
OF_NOBODY = {"OIDC_CLIENT_SECRET": "oidc-9Canary", "SLACK_TOKEN": "xoxb-9Canary", "PREFECT_API_KEY": "pnu_9Canary"}
CANARIES = OF_GITHUB | OF_MODEL | OF_WAREHOUSE | OF_NOBODY | {"PREFECT_API_AUTH_STRING": PASSWORD}
TOLD = {
    "server": {"PREFECT_API_AUTH_STRING"},
    "dashboard": {"PREFECT_API_AUTH_STRING", *OF_WAREHOUSE},
    "worker": {"PREFECT_API_AUTH_STRING", *OF_WAREHOUSE, *OF_GITHUB, *OF_MODEL},
    "admin": {"PREFECT_API_AUTH_STRING", *OF_WAREHOUSE, *OF_GITHUB, *OF_MODEL},
}


@dataclass
class Person:
    """A person with a HOME and a folder to work in, beside a running `prflow up`."""

    folder: Path
    environment: dict[str, str]
    recorder: Recorder
    began: datetime
    up: "subprocess.Popen[bytes]"
    said: dict[str, str] = field(default_factory=dict)
    told: dict[str, set[tuple[bytes, bytes]]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "work" / ".prflow"

    def run(self, command: str) -> int:
        """Run a line of a document in a shell, and return its exit code."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder / "work",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.said[command] = done.stdout
        assert done.returncode in (0, 1), (command, done.stdout)
        assert "Traceback" not in done.stdout, (command, done.stdout)
        self.look()
        return done.returncode

    def look(self) -> dict[str, Any]:
        """Note the command lines and environments of all children and of what they started."""
        try:
            services: dict[str, Any] = json.loads((self.home / "services.json").read_text())
        except (OSError, ValueError):
            return {}
        for name, pid in services["children"].items():
            for one in (pid, *descendants(pid)):
                self.told.setdefault(name, set()).add(told_to(one))
        return services

    def wait(self, is_true: Callable[[], bool]) -> None:
        output, deadline = self.folder / "up.log", time.monotonic() + SECONDS
        while not is_true():
            assert time.monotonic() < deadline, output.read_text()
            assert self.up.poll() is None, output.read_text()
            time.sleep(0.2)
            self.look()

    def serves(self) -> bool:
        return "Open http" in (self.folder / "up.log").read_text()

    def is_complete(self) -> bool:
        with Warehouse(
            WarehouseSettings(home=self.home, warehouse_catalog="", warehouse_data=""), read_only=True
        ) as it:
            return it.read("SELECT status FROM teams")["status"].to_list() == ["complete"]


def told_to(pid: int) -> tuple[bytes, bytes]:
    """Return the command line and the environment of a process; nothing if it has ended or is still its parent."""
    try:
        command, environment = (Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    except OSError:
        return b"", b""
    return (b"", b"") if b"prflow\0up" in command else (command, environment)


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Start everything, and end it."""
    folder = tmp_path_factory.mktemp("person")
    for name in ("home", "work", "temporary"):
        (folder / name).mkdir()
    (folder / "work" / "question.sql").write_text("SELECT count(*) AS n FROM pull_requests")
    (folder / "work" / ".env").write_text("PREFECT_LOGGING_LEVEL=DEBUG\nPREFECT_LOGGING_ROOT_LEVEL=DEBUG\n")
    organisation = make_organisation(7, datetime.now(UTC), repositories=2, pull_requests=40, days=80)
    with serve_github(organisation) as github, serve_model() as model, recording(folder / "record") as recorder:
        github.tokens.grant(OF_GITHUB["GITHUB_TOKEN"], "person")
        environment = CANARIES | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "temporary"),
            "PYTHONPATH": str(recorder.path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GITHUB_API_URL": github.url,
            "GITHUB_GRAPHQL_URL": github.graphql_url,
            "PRFLOW_LLM_BASE_URL": model.url,
            "PRFLOW_LLM_PROVIDER": "custom",
            "PRFLOW_LLM_MODEL": "simulated",
            "PRFLOW_LLM_RPM": "60000",
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), recorder.proxy),
        }
        with (folder / "up.log").open("wb") as output:
            up = subprocess.Popen(
                [str(BIN / "prflow"), "up"],
                cwd=folder / "work",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        made = Person(folder, environment, recorder, datetime.now(UTC), up)
        try:
            made.wait(made.serves)
            # A machine that does other work makes Prefect's server slow: a person would type it again.
            made.wait(lambda: made.run("prflow onboard acme") == 0)
            made.wait(made.is_complete)
            for command in commands():
                made.run(command)
            made.look()
            yield made
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(120)


def commands() -> list[str]:
    """Return one line for each command: as README.md has it, else the first example of `prflow --help`.

    `prflow up` is what runs beside them, and tests/flows/cli/test_demo.py runs the demo.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line.partition(" #")[0].strip() for line in re.findall(r"^    (?:\.venv/bin/)?(prflow .*)$", readme, re.M)]
    found = []
    for path, command in find_commands().items():
        (line, *_) = [line for line in (*lines, *find_examples(command)) if line.startswith(path)]
        found.append(line.replace("ORGANISATION/NAME#N", "acme/web#1").replace("ORGANISATION", "acme"))
    return [line.replace("acme/NAME", "acme/web") for line in found if line not in ("prflow up", "prflow demo")]


def test_nothing_but_github_and_the_model_is_called(person: Person) -> None:
    hosts = person.recorder.read("host")
    assert "127.0.0.1" in hosts
    assert {host: who for host, who in hosts.items() if host not in LOOPBACK} == {}
    assert person.recorder.asked == []  # and no proxy is asked for this machine's own servers


def test_nothing_is_written_outside_the_home_and_nothing_for_others_to_read(person: Person) -> None:
    allowed = tuple(str(person.folder / name) for name in ("work/.prflow", "temporary", "record"))
    exported = tuple(
        str(person.folder / "work" / name)
        for name in ("prflow.duckdb", ".prflow.duckdb", "folder", ".folder", "acme.duckdb", ".acme.duckdb", *WRITTEN)
    )
    files = person.recorder.read("file")
    assert any(str(person.home) in file for file in files)
    outside = {file: who for file, who in files.items() if not file.startswith((*allowed, *exported, "/dev/"))}
    assert {file: who for file, who in outside.items() if "__pycache__" not in file} == {}
    assert list((person.folder / "home").iterdir()) == []
    given = {".prflow", ".env", "question.sql"}
    exports = {"prflow.duckdb", "acme.duckdb", "prflow.zip", "team.html"}
    assert {path.name for path in (person.folder / "work").iterdir()} - given == exports
    for path in (person.home, *person.home.rglob("*"), *(person.folder / "work" / name for name in exports)):
        assert path.is_symlink() or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows what a process is told")
@pytest.mark.parametrize("child", TOLD)
def test_each_process_is_told_the_secrets_of_its_job_only(person: Person, child: str) -> None:
    told = {(command, environment) for command, environment in person.told[child] if environment}
    assert told
    for command, environment in told:
        assert {name for name, value in CANARIES.items() if value.encode() in environment} == TOLD[child], command
        assert not [value for value in CANARIES.values() if value.encode() in command]


def test_no_secret_is_left_in_a_file_a_log_prefect_or_what_was_said(person: Person) -> None:
    services = person.look()
    user, _, password = PASSWORD.partition(":")
    kept = dict(in_files(person.folder / "work")) | dict(in_files(person.folder / "temporary"))
    assert any("DEBUG" in text for path, text in kept.items() if path.endswith("worker.log"))
    places = {
        **{path: text for path, text in kept.items() if not path.endswith("prefect-password")},
        **dict(in_prefect(services["prefect_api_url"], (user, password), person.began)),
        **{command: text for command, text in person.said.items() if not command.startswith("prflow ui")},
        "up": (person.folder / "up.log").read_text(),
    }
    secrets = [*CANARIES.values(), password]
    assert [(place, secret) for place, text in places.items() for secret in secrets if secret in text] == []
