"""What prflow writes: for its owner's eyes alone, and nothing outside of its home."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

COMMANDS = [
    ["doctor", "--json"],
    ["status", "--json"],
    ["sql", "SELECT count(*) AS teams FROM teams"],
    ["bots"],
    ["export", "out.duckdb"],
    ["llm", "check"],
    ["ui"],
]


@pytest.fixture
def place(tmp_path: Path, migrated: Path) -> Path:
    """Make a home of prflow as an older version left it, and an empty HOME beside it."""
    (tmp_path / "person").mkdir()
    (tmp_path / "work").mkdir()
    home = tmp_path / "work" / ".prflow"
    subprocess.run(["cp", "-r", str(migrated), str(home)], check=True)
    subprocess.run(["chmod", "-R", "go=", str(home)], check=True)  # SQLite gives its files the rights of the catalog
    return tmp_path


# One process for all commands: its start costs more than any of them.
IN_TURN = """
import json, sys
from flows.cli.app import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["prflow", *arguments]
    print("prflow", *arguments, flush=True)
    try:
        main()
    except SystemExit:
        pass
print("all have run")
"""


def run(place: Path, *commands: list[str]) -> subprocess.CompletedProcess[str]:
    """Run commands with nothing set, where nobody answers to GitHub's and the model's addresses."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place / "person"),
        "GITHUB_TOKEN": "canary-token",
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "GITHUB_GRAPHQL_URL": "http://127.0.0.1:9/graphql",
        "GROQ_API_KEY": "canary-key",
        "PRFLOW_LLM_BASE_URL": "http://127.0.0.1:9/v1",
        "PRFLOW_GITHUB_TIMEOUT": "1",
    }
    command = [sys.executable, "-c", IN_TURN, json.dumps(commands)]
    return subprocess.run(
        command, cwd=place / "work", env=environment, capture_output=True, text=True, timeout=250, check=False
    )


def test_no_command_writes_outside_its_home_or_for_others_to_read(place: Path) -> None:
    known = set(place.rglob("*"))
    done = run(place, *COMMANDS)
    assert "all have run" in done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert list((place / "person").iterdir()) == []
    assert {path.name for path in (place / "work").iterdir()} == {".prflow", "out.duckdb"}
    written = [path for path in place.rglob("*") if path not in known]
    assert written
    for path in written:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_doctor_names_a_home_that_others_may_read(place: Path) -> None:
    (place / "work" / ".prflow").chmod(0o755)
    assert "Other accounts may read" in run(place, ["doctor", "--json"]).stdout
    (place / "work" / ".prflow").chmod(0o700)
    assert "Other accounts may read" not in run(place, ["doctor", "--json"]).stdout
