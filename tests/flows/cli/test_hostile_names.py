"""Every command that shows stored or foreign text, in a terminal, on a warehouse and a GitHub of hostile names."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.progress import Progress, TextColumn

from flows.cli.analyse import draw_result
from flows.cli.parts.follow import RunFailed, Watch, print_failure
from flows.cli.parts.terminal import Terminal
from flows.cli.sync import SyncSummary, print_summary
from simulators.github.serving.server import Running
from simulators.github.store import records
from tests.dashboard import seed
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import INVISIBLE
from warehouse.progress import Progress as TeamProgress
from warehouse.progress import Status
from warehouse.settings import WarehouseSettings

ORDER = "\x1b[31;5m"
HOSTILE = f"x\x1b]0;title\x07{ORDER}red\x9b2J\x1b[1A\r\n✓ all is well\u202e[bold]b[/][link=http://evil.example]l[/link]"
# What Rich itself sends: colours, and the lines of a spinner drawn again.
OWN = re.compile(r"\x1b\[(\?25[lh]|2K|1A|[0-9;]*m)|\r(?=\x1b)|\r(?=$)")
Run = Callable[..., tuple[int, str, str]]

TEXTS = {
    "teams": ("login", "error", "error_hint", "members_error"),
    "repositories": ("last_sync_error", "deliveries_error"),
    "people": ("login", "name"),
    "pull_requests": ("title", "body", "partial_reason"),
    "pipeline_runs": ("error", "error_hint", "llm_stopped"),
    "sync_items": ("error",),
    "github_tokens": ("problem",),
}
COMMANDS = [
    ("status",),
    ("status", "--json"),
    ("doctor",),
    ("doctor", "--json"),
    ("bots", "northwind"),
    ("teams",),
    ("teams", "--json"),
    ("teams", "pause", HOSTILE),
    ("bots", "northwind", "--json"),
    ("sql", "SELECT full_name, last_sync_error FROM repositories"),
    ("sql", "SELECT * FROM pull_requests LIMIT 3"),
    ("sql", "SELECT login FROM people", "--json"),
    ("sql", "SELECT login FROM people", "--csv"),
    ("sql", f"SELECT {HOSTILE}"),
    ("explain", "northwind/atlas#1"),
    ("explain", f"northwind/{HOSTILE}#1"),
    ("analyse", "northwind", "--dry-run"),
    ("rules", "northwind"),
    ("team", "northwind"),
    ("team", "northwind", "--timezone", HOSTILE),
    ("rules", "northwind", "--add", "exclude-label=x"),
    ("status", HOSTILE),
    ("sync", HOSTILE),
    ("history", HOSTILE),
    ("bots", "northwind", "--bot", HOSTILE),
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Let output count as a terminal's, with colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)


@pytest.fixture(scope="module")
def hostile(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a warehouse whose texts are all hostile."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    shutil.copytree(migrated, home)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as warehouse:
        seed.write(warehouse)
        with warehouse.cursor() as cursor:
            for table, columns in TEXTS.items():
                values = ", ".join(f"{one} = $text" for one in columns if one in schema.metadata.tables[table].columns)
                cursor.execute(f"UPDATE {table} SET {values}", {"text": HOSTILE})
            first = cursor.execute("SELECT min(full_name) FROM repositories").fetchone()
            renamed = "UPDATE repositories SET full_name = full_name || $text WHERE full_name <> $first"
            cursor.execute(renamed, {"text": HOSTILE, "first": first[0] if first else ""})
    return home


@pytest.fixture
def home(hostile: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, terminal: None) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(hostile))
    monkeypatch.setenv("GITHUB_TOKEN", "none")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")


def check(said: str) -> None:
    assert ORDER not in said
    assert "\x1b]" not in said, "a title, or a link"
    assert INVISIBLE.findall(OWN.sub("", said)) == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: re.sub(r"[^ -~]", "", " ".join(command))[:40])
def test_a_command_sends_no_order_of_stored_text_to_the_terminal(
    home: None, run: Run, command: tuple[str, ...]
) -> None:
    _, said, problem = run(*command)
    check(said)
    check(problem)
    assert said or problem
    if "--json" in command:
        json.loads(said)
    elif command[0] in ("status", "doctor", "bots") and command[-1] != HOSTILE:
        assert not re.search(r"(?m)^✓ all is well", OWN.sub("", said)), "a name is one line"


def test_commands_that_ask_github_send_none_of_its_names(github: Running, run: Run, terminal: None) -> None:
    organisation = github.organisation
    owner = organisation.owner
    organisation.add_repository(records.repository(owner, 9, HOSTILE, "2026-08-20T10:00:00Z"))
    mallory = records.actor("User", 9, HOSTILE, HOSTILE)
    organisation.add_member(mallory)
    organisation.add_team(records.team(2, HOSTILE, HOSTILE, owner, [mallory]))
    for command in (("repos", "acme"), ("members", "acme"), ("repos", HOSTILE), ("members", HOSTILE)):
        _, said, problem = run(*command)
        check(said)
        check(problem)
        assert not re.search(r"(?m)^✓ all is well", OWN.sub("", said))


def test_what_runs_say_while_they_are_followed(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    console = Terminal(stderr=True)
    print_failure(console, RunFailed(HOSTILE, HOSTILE))
    progress = TeamProgress(HOSTILE, HOSTILE, Status.SYNCING, 5.0, HOSTILE, HOSTILE, error=HOSTILE)
    Watch("r", lambda: progress, lambda _: None, lambda: None, console)._print_stages(progress)
    summary = SyncSummary(HOSTILE, "partial", "r", 1, 1, 1, 1, 1, 1, 1, 1.0, HOSTILE)
    with pytest.raises(Exception, match="1"):
        print_summary(summary, as_json=False)
    with Progress(TextColumn("{task.description:<20}", markup=False), console=console, transient=True) as bars:
        bars.update(bars.add_task(HOSTILE, total=1), completed=1, description=HOSTILE, refresh=True)
    names = ("total", "by_rule", "by_model", "failed", "left", "requests", "tokens", "cost_usd")
    console.print(draw_result({**dict.fromkeys(names, 0), "stopped": HOSTILE}))
    with console.status(HOSTILE.replace("[", "(")):
        pass
    said, problem = capsys.readouterr()
    check(said)
    check(problem)
