"""Import teams with two plain workers on PostgreSQL and S3, and take away one thing after another in mid-run.

The Prefect server is a plain one, its database in the same PostgreSQL. Nobody does anything while a story is played.
At its end every row is compared with those of an undisturbed import by one worker, on SQLite and a folder; and whatever
was left behind is searched for planted secrets.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from benchmarks.deaths.bench import OF_RUNS
from benchmarks.document import PARALLEL, read_rows, write_table
from benchmarks.options import add_write, make_parser
from benchmarks.outages.left_behind import search
from benchmarks.outages.office import Lake, Office, office, wait
from benchmarks.outages.speed import COLUMNS as SPEED_COLUMNS
from benchmarks.outages.speed import measure
from benchmarks.outages.stories import DEAD_SECONDS, QUIET, START_SECONDS, STORIES, Scene, Story
from benchmarks.same_tables import differing_rows
from warehouse.progress import Status

MAX_SECONDS = 1500.0
SPEED = "speed"
NONE, NOTHING = "0", "nothing"
# Which requests the simulated model fails once depends on their order, which two workers change.
OF_ORDER = {"pr_analysis": {"attempts"}}
COLUMNS = ("what", "away", "went on after", "complete after", "runs", "rows that differ", "done by hand")


@dataclass(frozen=True)
class Played:
    """What came of a story. `moved_seconds` count from when everything was there again."""

    story: Story
    away_seconds: float
    moved_seconds: float | None
    seconds: float
    runs: list[tuple[str, str]]
    differing: dict[str, tuple[int, list[str]]]
    problem: str = ""

    @property
    def is_right(self) -> bool:
        return not self.problem and not self.differing and {state for _, state in self.runs} == {"completed"}

    def cells(self) -> tuple[str, ...]:
        rows = {
            table: f"{count} of {table} ({', '.join(columns)})" for table, (count, columns) in self.differing.items()
        }
        return (
            self.story.words,
            f"{self.away_seconds:.0f} s" if self.away_seconds else "-",
            "-" if self.moved_seconds is None else f"{self.moved_seconds:.0f} s",
            f"{self.seconds:.0f} s",
            ", ".join(f"{flow} {state}" for flow, state in self.runs),
            "; ".join(rows.values()) or NONE,
            self.problem or NOTHING,
        )


class Bench:
    """Plays stories in one office."""

    def __init__(self, office: Office, folder: Path, away_seconds: float) -> None:
        self.office, self.folder, self.away_seconds = office, folder, away_seconds
        self.undisturbed: dict[str, Path] = {}

    def play_quiet(self, teams: Collection[str]) -> None:
        """Import teams one after another, for the others to be compared with."""
        with self.office.lake(QUIET.name, is_remote=False) as lake:
            self.office.start_workers(lake, QUIET.workers)
            for team in teams:
                self.office.queue(team)
                wait(lambda team=team: lake.is_complete(team), MAX_SECONDS, f"{team} is complete")  # type: ignore[misc]
                self.undisturbed[team] = lake.export(team, self.folder)

    def play(self, story: Story) -> Played:
        with self.office.lake(story.name, PRFLOW_SYNC_PARTS=str(story.parts)) as lake:
            self.office.start_workers(lake, story.workers)
            began = time.monotonic()
            runs = [self.office.queue(team) for team in story.teams]
            away, moved, problem = 0.0, None, ""
            try:
                wait(lambda: is_fetching(lake, story.teams[0]), START_SECONDS, "the first pull requests are stored")
                away = story.disturb(Scene(self.office, lake, runs[0], self.away_seconds))
                moved = None if story.disturb is Scene.leave_alone else wait_until_moved(lake, story.teams[0])
                for team in story.teams:
                    wait(lambda team=team: lake.is_complete(team), MAX_SECONDS, f"{team} is complete")  # type: ignore[misc]
            except TimeoutError as error:
                problem = str(error)
            seconds, ended = time.monotonic() - began, lake.read_runs()
            return Played(story, away, moved, seconds, ended, {} if problem else self._compare(lake, story), problem)

    def _compare(self, lake: Lake, story: Story) -> dict[str, tuple[int, list[str]]]:
        found: dict[str, tuple[int, list[str]]] = {}
        for team in story.teams:
            found |= differing_rows(self.undisturbed[team], lake.export(team, self.folder), OF_RUNS, OF_ORDER)
        return found


def is_fetching(lake: Lake, team: str) -> bool:
    progress = lake.progress(team)
    return progress is not None and progress.status is Status.SYNCING and progress.prs_synced > 0


def wait_until_moved(lake: Lake, team: str) -> float:
    """Wait until something is committed again, and return for how many seconds."""
    began, before = time.monotonic(), None
    while before is None or before.moved_at is None:
        before = lake.progress(team)
    moved_at = before.moved_at

    def has_moved() -> bool:
        now = lake.progress(team)
        return bool(now and now.moved_at and now.moved_at > moved_at)

    wait(has_moved, DEAD_SECONDS, "the import goes on")
    return time.monotonic() - began


def main() -> None:
    parser = make_parser("outages", "Import teams with two workers, and take away one thing after another in mid-run.")
    parser.add_argument(
        "--only", nargs="+", choices=[*(each.name for each in STORIES), SPEED], help="only these stories"
    )
    parser.add_argument("--repositories", type=int, default=20, metavar="N", help="repositories of each team")
    parser.add_argument("--pull-requests", type=int, default=1500, metavar="N", help="pull requests of each team")
    parser.add_argument("--latency", type=float, default=0.5, metavar="SECONDS", help="seconds a response of GitHub")
    parser.add_argument("--away", type=float, default=60, metavar="SECONDS", help="how long; Prefect's server: thrice")
    parser.add_argument("--keep", type=Path, help="keep everything in this new folder, with the logs")
    add_write(parser)
    options = parser.parse_args()
    chosen = options.only or [*(each.name for each in STORIES), SPEED]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        with office(folder, options.repositories, options.pull_requests, options.latency) as made:
            bench = Bench(made, folder, options.away)
            stories = [story for story in STORIES if story.name in chosen]
            bench.play_quiet(sorted({team for story in stories for team in story.teams}))
            found = []
            for story in stories:
                found.append(bench.play(story))
                print(" | ".join(found[-1].cells()), flush=True)
            speed = measure(made) if SPEED in chosen else []
            leaks = search(made)
    for line in (*leaks, *(" | ".join(row) for row in speed)):
        print(line)
    if options.write:
        write_results(found, leaks, speed, options)
    sys.exit(1 if leaks or not all(each.is_right for each in found) else 0)


def write_results(
    found: list[Played], leaks: list[str], speed: list[tuple[str, ...]], options: argparse.Namespace
) -> None:
    """Write the tables. The rows of stories that were not played stay as they were."""
    size = f"{options.pull_requests:,} pull requests of {options.repositories} repositories a team"
    if found:
        rows = {row[0]: row for row in read_rows("outages")} | {each.story.words: each.cells() for each in found}
        wrong = sum(row[-2:] != (NONE, NOTHING) for row in rows.values())
        sentence = (
            f"{len(rows)} stories, {wrong} not as they should be; {len(leaks)} planted secrets found "
            f"(`python -m benchmarks.outages --write`, {size}, {options.latency:g} s a response of GitHub)."
        )
        write_table("outages", sentence, COLUMNS, [rows[each.words] for each in STORIES if each.words in rows])
    if speed:
        sentence = (
            f"{size} at {options.latency:g} s a response, plain workers, PostgreSQL and S3 "
            f"(`python -m benchmarks.outages --only {SPEED} --write`, on {os.cpu_count()} processors with a load of "
            f"{os.getloadavg()[1]:.0f})."
        )
        write_table("two-workers", sentence, SPEED_COLUMNS, speed, PARALLEL)
