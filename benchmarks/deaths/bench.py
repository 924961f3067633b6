"""Kill each process of `prflow up` and `prflow demo` in turn during phase 1, and compare with an undisturbed run.

Each run has a home, simulators and services of its own, and a page of the dashboard open in Chromium. Once the first
pull requests are stored, one child is killed outright (SIGKILL). Noted are the notices on the page, the lines in the
terminal, how long it took until the child was back and until the import committed again, and how prflow ended. At the
end every row is compared with those of a run that nobody disturbed.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.deaths.page import OpenPage, browser
from benchmarks.deaths.services import Prflow
from benchmarks.document import write_table
from benchmarks.options import add_write, make_parser
from benchmarks.same_tables import HERE, OWNER, differing_rows, environment_of, simulator
from warehouse.progress import Progress, Status

AS_OF = "2026-08-22T12:00+00:00"
GITHUB = ("--as-of", AS_OF, "--login", OWNER, "--repositories", "4", "--pull-requests", "600", "--latency", "0.6")
CHILDREN = {"up": ("server", "worker", "dashboard"), "demo": ("github", "llm", "server", "worker", "dashboard")}
# What a run did and when; what it brought is in all other tables.
OF_RUNS = frozenset({"pipeline_runs", "sync_items", "github_tokens", "snapshots", "llm_calls", "events"})
COLUMNS = ("killed", "lines in the terminal", "the page said", "back after", "next commit after", "ended", "warehouse")


@dataclass(frozen=True)
class Death:
    """What one death did. Seconds are those of a busy machine."""

    command: str
    child: str
    lines: int
    said: tuple[str, ...]
    back_seconds: float
    commit_seconds: float
    exit_code: int
    difference: str

    def cells(self) -> tuple[str, ...]:
        said = " / ".join(text.removeprefix("restart_alt ") for text in self.said) or "nothing: the import went on"
        return (
            f"{self.command}: {self.child}",
            str(self.lines),
            said[:160],
            f"{self.back_seconds:.0f} s",
            f"{self.commit_seconds:.0f} s",
            f"exit code {self.exit_code}",
            self.difference or "equal",
        )


@contextmanager
def started(command: str, home: Path) -> Iterator[Prflow]:
    """Run `prflow up` with an onboarding, or `prflow demo`, until its end."""
    if command == "demo":
        run = Prflow(home, dict(os.environ), "demo", "--as-of", AS_OF)
        yield from watched(run)
        return
    with simulator("github", *GITHUB) as github, simulator("llm") as model:
        run = Prflow(home, environment_of(HERE, home, github, model), "up")
        run.wait(lambda: run.lines("Press Ctrl-C"), "prflow up runs")
        run.run("onboard", OWNER, "--as-of", AS_OF)
        yield from watched(run)


def watched(run: Prflow) -> Iterator[Prflow]:
    try:
        yield run
    finally:
        run.stop()


def is_fetching(progress: Progress | None) -> bool:
    return progress is not None and progress.status is Status.SYNCING and progress.prs_synced > 0


def is_complete(progress: Progress | None) -> bool:
    if progress is not None and progress.status is Status.FAILED:
        raise SystemExit(f"the import failed: {progress.error}")
    return progress is not None and progress.status is Status.COMPLETE


def finish(run: Prflow, page: OpenPage | None = None) -> Path:
    """Wait for the end of the import and return the exported tables."""

    def is_over() -> bool:
        if page:
            page.look()
        return is_complete(run.progress(OWNER))

    run.wait(is_over, "the team is complete")
    file = run.folder / "tables.duckdb"
    run.run("export", str(file))
    return file


def die(command: str, child: str, home: Path, chromium: Browser, undisturbed: Path) -> Death:
    """Kill one child during phase 1, see the import to its end, and compare."""
    with started(command, home) as run:
        run.wait(lambda: is_fetching(run.progress(OWNER)), "the first pull requests are stored")
        page = OpenPage(chromium, run.services()["dashboard_url"])
        page.page.get_by_text("overall").first.wait_for(timeout=120_000)
        page.watch()
        before = run.progress(OWNER)
        killed = run.kill(child)
        began = time.monotonic()

        def is_back() -> bool:
            page.look()
            return run.child(child) not in {0, killed} and not run.services().get("away")

        def has_moved() -> bool:
            page.look()
            now = run.progress(OWNER)
            return bool(now and before and now.moved_at and before.moved_at and now.moved_at > before.moved_at)

        run.wait(is_back, f"the {child} is back")
        back = time.monotonic() - began
        run.wait(has_moved, "the import goes on")
        moved = time.monotonic() - began
        tables = finish(run, page)
        page.close()
        lines, code = run.lines("ended unexpectedly"), run.stop()
    return Death(command, child, lines, tuple(page.said), back, moved, code, compare_rows(undisturbed, tables))


def compare_rows(first: Path, second: Path) -> str:
    """Return which columns differ in the rows of which tables; empty if none does."""
    found = differing_rows(first, second, OF_RUNS)
    return "; ".join(f"{table} ({', '.join(columns)})" for table, (_, columns) in found.items())


def main() -> None:
    parser = make_parser("deaths", "Kill each process of prflow in turn during phase 1; see what is said and lost.")
    parser.add_argument("--command", choices=sorted(CHILDREN), action="append", help="only this command")
    parser.add_argument("--child", action="append", help="only this child; may be repeated")
    add_write(parser)
    options = parser.parse_args()
    found: list[Death] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browser() as chromium:
        for command in options.command or CHILDREN:
            with started(command, Path(folder) / command / "undisturbed") as run:
                undisturbed = finish(run)
            for child in options.child or CHILDREN[command]:
                found.append(die(command, child, Path(folder) / command / child, chromium, undisturbed))
                print(" | ".join(found[-1].cells()), flush=True)
    if options.write:
        differing = sum(bool(death.difference) for death in found)
        sentence = f"{len(found)} deaths; {differing} warehouses differ (`python -m benchmarks.deaths --write`)."
        write_table("deaths", sentence, COLUMNS, [death.cells() for death in found])
    raise SystemExit(1 if any(death.difference for death in found) else 0)
