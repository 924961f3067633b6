"""Kill onboardings at random points, resume them, and compare their warehouses with an undisturbed one.

Each onboarding (discovery, phase 1, phase 2) runs in a process of its own that is killed at a random point of
its work, started again, killed again, and finally left to finish. Then every row of every table of ingestion is
compared with those of an onboarding that was not killed. A point is drawn among all starts and ends of queries
and commits; the process is killed by SIGKILL up to 20 ms after it.
"""

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
from benchmarks.options import add_write, make_parser
from benchmarks.stage import AS_OF, DATA, STATE, describe_difference, empty_homes, open_warehouse, read_rows, staged
from simulators.github.serving.limits import Limits
from simulators.github.story.organisation import make_organisation
from warehouse.windows import Phase

PHASES = (Phase.RECENT, Phase.HISTORY)
# All processes use one token, and their clock stands still, so an hourly limit would never end.
NO_LIMITS = Limits(hourly_points=10**9, minute_points=10**9)
MAX_DELAY_SECONDS = 0.02
MAX_KILLS_OF_ONE = 4
COLUMNS = ("killed during", "phase", "kills", "onboardings with such a kill", "equal")


@dataclass(frozen=True)
class Kill:
    """What a process was doing when it was killed."""

    point: str
    phase: Phase


def start(context: ForkServerContext, url: str, home: Path, dies_at: int, delay: float) -> tuple[Kill | None, int]:
    """Run one process until it ends; return where it was killed (None if it was not) and its number of events."""
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
class CrashedOnboarding:
    """One onboarding: its kills, and how its warehouse differs from an undisturbed one, empty if it does not."""

    kills: tuple[Kill, ...]
    difference: str


def run(kills: int, seed: int, console: Console) -> list[CrashedOnboarding]:
    """Run onboardings until there were `kills` kills."""
    random, context = Random(seed), multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.crash.killed"])
    results: list[CrashedOnboarding] = []
    organisation = make_organisation(5, AS_OF, 3, 150, 90, OWNER)
    with empty_homes() as homes, staged(organisation, limits=NO_LIMITS) as stage:
        url = stage.running.url
        undisturbed = homes.new()
        _, events = start(context, url, undisturbed, 0, 0.0)
        with open_warehouse(undisturbed) as warehouse:
            expected = read_rows(warehouse, (*DATA, *STATE))
        console.print(f"an undisturbed onboarding: {len(expected['pull_requests'])} pull requests, {events} events")
        while (left := kills - sum(len(result.kills) for result in results)) > 0:
            home = homes.new()
            died = _kill_often(context, url, home, min(left, random.randint(1, MAX_KILLS_OF_ONE)), events, random)
            with open_warehouse(home) as warehouse:
                difference = describe_difference(read_rows(warehouse, (*DATA, *STATE)), expected)
                results.append(CrashedOnboarding(died, difference))
            console.print(f"{len(results)}: {', '.join(f'{one.point} {one.phase}' for one in died)}", highlight=False)
        return results


def _kill_often(
    context: ForkServerContext, url: str, home: Path, times: int, events: int, random: Random
) -> tuple[Kill, ...]:
    """Kill an onboarding up to `times` times, then let it finish."""
    died: list[Kill] = []
    for _ in range(times):
        # Work that is done is not repeated, so a later process has fewer events.
        dies_at = random.randint(1, max(2, events // (len(died) + 1)))
        kill, _ = start(context, url, home, dies_at, random.uniform(0, MAX_DELAY_SECONDS))
        died += [kill] if kill is not None else []
    start(context, url, home, 0, 0.0)
    return tuple(died)


def table_rows(results: list[CrashedOnboarding]) -> list[tuple[str, ...]]:
    """Count by point and phase the kills, the onboardings with such a kill, and how many of these are equal."""
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
    options = make_parser(
        "crash",
        "Kill onboardings at random points, resume them, and compare their warehouses with an undisturbed one; "
        "exit code 1 if any differs.",
    )
    options.add_argument("--kills", type=int, default=100, metavar="N", help="number of kills (default: 100)")
    options.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the random points (default: 1)")
    add_write(options)
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
            f"{sum(len(result.kills) for result in results)} kills in {len(results)} onboardings; {len(differing)} of "
            f"them differ from an undisturbed one (`python -m benchmarks.crash --kills {chosen.kills} --write`)."
        )
        write_table("crash", sentence, COLUMNS, rows)
    sys.exit(1 if differing else 0)
