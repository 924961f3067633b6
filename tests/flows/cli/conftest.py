"""A command line to run in this process, and a small simulated GitHub for the commands that ask it."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app as cli
from simulators.github.serving.server import Running, serve
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from warehouse.connection import Warehouse

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
AT = "2026-08-20T10:00:00Z"


@pytest.fixture
def github(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve `acme`: three repositories, one of them archived and one a fork, and two members in a team."""
    owner = records.actor("Organization", 1, "acme", "Acme")
    organisation = Organisation(owner, records.actor("User", 2, "viewer"), AT)
    for number, (name, more) in enumerate({"one": {}, "old": {"isArchived": True}, "copy": {"isFork": True}}.items()):
        organisation.add_repository(records.repository(owner, number + 1, name, AT, **more))
    ann, bob = records.actor("User", 3, "ann", "Ann [b]x[/b]"), records.actor("User", 4, "bob")
    organisation.add_member(bob)
    organisation.add_member(ann, "ADMIN")
    organisation.add_team(records.team(1, "Core", "core", owner, [ann]))
    organisation.add_account(records.actor("User", 5, "someone"))
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    with serve(organisation) as running:
        monkeypatch.setenv("GITHUB_TOKEN", "demo-token")
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("GITHUB_GRAPHQL_URL", running.graphql_url)
        monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
        yield running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `prflow ...` and return its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["prflow", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as ending:
            code = int(ending.code or 0)
        return code, *capsys.readouterr()

    return run
