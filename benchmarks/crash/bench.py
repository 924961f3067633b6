"""kill -9 at random points of whole onboardings, resumed until they are whole, compared with an undisturbed one.

    python -m benchmarks.crash --kills 100 [--write]

Each onboarding (discovery, phase 1, phase 2) runs in a process of its own that is killed at a random point of
its work, is started again, killed again, and at last left to end. Then every row of every table of ingestion is
compared with those of an onboarding that nobody killed. A point is drawn among all beginnings and ends of
queries and commits; the process dies by SIGKILL up to 20 ms after it. `--write` puts the table into
docs/reliability.md. Exit code 1 where a warehouse differs.
"""

import argparse
import ctypes
import multiprocessing
import signal
import sys
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.crash.killed import OWNER, POINTS, work
from benchmarks.document import write_table
from benchmarks.stage import AS_OF, DATA, STATE, compare, empty_homes, open_warehouse, read_rows, staged
from simulators.github.serving.limits import Limits
from simulators.github.story.organisation import make_organisation
from warehouse.windows import Phase

PHASES = (Phase.RECENT, Phase.HISTORY)
# All processes use one token, and their clock stands still: an hour would never be over.
NO_LIMITS = Limits(hourly_points=10**9, minute_points=10**9)
MAX_DELAY_SECONDS = 0.02
MAX_KILLS_OF_ONE = 4
COLUMNS = ("killed in", "of phase", "kills", "onboardings with such a kill", "equal")


@dataclass(frozen=True)
class Kill:
    """Where a process was when it was killed."""

    point: str
    phase: Phase


def start(context: ForkServerContext, url: str, home: Path, dies_at: int, delay: float) -> tuple[Kill | None, int]:
    """One process until it ends: where it was killed, None where it was not; and its events."""
    shared: list[Any] = [context.Value(ctypes.c_int, 0, lock=False) for _ in range(3)]
    point, phase, events = shared
    process = context.Process(target=work, args=(url, str(home), dies_at, delay, point, phase, events))
    process.start()
    process.join()
    if process.exitcode == 0:
        return None, int(events.value)
    if process.exitcode != -signal.SIGKILL:
        raise SystemExit(f"an onboarding ended by itself with {process.exitcode}")
    return Kill(POINTS[int(point.value)], Phase(int(phase.value) or Phase.RECENT)), int(events.value)


@dataclass(frozen=True)
class Result:
    """One onboarding: its kills, and how its warehouse differs from an undisturbed one; empty where it does not."""

    kills: tuple[Kill, ...]
    difference: str


def run(kills: int, seed: int, console: Console) -> list[Result]:
    """Onboardings until there were so many kills."""
    random, context = Random(seed), multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.crash.killed"])
    results: list[Result] = []
    organisation = make_organisation(5, AS_OF, 3, 150, 90, OWNER)
    with empty_homes() as homes, staged(organisation, limits=NO_LIMITS) as stage:
        url = stage.running.url
        whole = homes.new()
        _, events = start(context, url, whole, 0, 0.0)
        with open_warehouse(whole) as warehouse:
            expected = read_rows(warehouse, (*DATA, *STATE))
        console.print(f"an undisturbed onboarding: {len(expected['pull_requests'])} pull requests, {events} events")
        while (left := kills - sum(len(result.kills) for result in results)) > 0:
            home = homes.new()
            died = _kill_often(context, url, home, min(left, random.randint(1, MAX_KILLS_OF_ONE)), events, random)
            with open_warehouse(home) as warehouse:
                results.append(Result(died, compare(read_rows(warehouse, (*DATA, *STATE)), expected)))
            console.print(f"{len(results)}: {', '.join(f'{one.point} {one.phase}' for one in died)}", highlight=False)
        return results


def _kill_often(
    context: ForkServerContext, url: str, home: Path, times: int, events: int, random: Random
) -> tuple[Kill, ...]:
    """Kill an onboarding up to so many times, then leave it alone to its end."""
    died: list[Kill] = []
    for _ in range(times):
        # What was done before is not done again, so a later process has fewer events.
        dies_at = random.randint(1, max(2, events // (len(died) + 1)))
        kill, _ = start(context, url, home, dies_at, random.uniform(0, MAX_DELAY_SECONDS))
        died += [kill] if kill is not None else []
    start(context, url, home, 0, 0.0)
    return tuple(died)


def table_rows(results: list[Result]) -> list[tuple[str, ...]]:
    """By point and phase: kills, onboardings that had one there, and how many of these are equal."""
    rows = []
    for phase in PHASES:
        for point in POINTS:
            kills = sum(result.kills.count(Kill(point, phase)) for result in results)
            having = [result for result in results if Kill(point, phase) in result.kills]
            equal = sum(not result.difference for result in having)
            if kills:
                rows.append((point, str(phase), str(kills), str(len(having)), str(equal)))
    equal = sum(not result.difference for result in results)
    kills = sum(len(result.kills) for result in results)
    return [*rows, ("**all**", "", str(kills), str(len(results)), str(equal))]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    chosen, console = options.parse_args(), Console()
    results = run(chosen.kills, chosen.seed, console)
    rows = table_rows(results)
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    differing = [result for result in results if result.difference]
    for result in differing:
        console.print(f"[red]differs[/] after {result.kills}: {result.difference}")
    if chosen.write:
        sentence = (
            f"{sum(len(result.kills) for result in results)} kills in {len(results)} onboardings, {len(differing)} of "
            f"them differ from an undisturbed one (`python -m benchmarks.crash --kills {chosen.kills} --write`)."
        )
        write_table("crash", sentence, COLUMNS, rows)
    sys.exit(1 if differing else 0)
