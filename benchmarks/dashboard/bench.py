"""Measure each page with one session and with twenty, and the memory of sessions and of commits."""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import sleep

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.dashboard import large_team
from benchmarks.dashboard.served import Served, serve_dashboard, serve_empty
from benchmarks.dashboard.session import Session
from benchmarks.document import write_table
from benchmarks.options import add_json, add_write, make_parser
from benchmarks.tables import Figures, print_figures
from dashboard.shell.navigation import ENTRIES, WITHOUT_FILTERS

EMPTY = "(empty page)"
PAGES = tuple(entry.url_path for entry in ENTRIES if entry not in WITHOUT_FILTERS)
RUNS, WARM_UPS = 20, 3
SESSIONS, VISITS, PAUSE_SECONDS = 20, 6, 2.0
COMMITS, COMMITS_A_LOOK = 100, 20
COLUMNS = ("page", "processor time of a rerun", "times that of an empty page", "p50", "p95")


@dataclass(frozen=True)
class Cost:
    """What a page costs: milliseconds of processor time a rerun, and of waiting for it."""

    page: str
    cpu_ms: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Found:
    """Everything measured in one run. Memory is that of the server's process, in MB."""

    pull_requests: int
    alone: Sequence[Cost]
    together: Sequence[Cost]
    memory_mb: Mapping[str, float]


def main() -> None:
    parser = make_parser("dashboard", "Measure what a rerun of each page costs beside an empty page of Streamlit.")
    parser.add_argument("--pull-requests", type=int, default=100_000, metavar="N", help="how many to store")
    add_json(parser)
    add_write(parser)
    options = parser.parse_args()
    found = measure(options.pull_requests)
    if options.json:
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        return
    for title, costs in (("one session", found.alone), (f"{SESSIONS} sessions", found.together)):
        print_figures(Console(), Figures(f"{found.pull_requests:,} pull requests, {title}", COLUMNS, _rows(costs)))
    Console().print(_say_memory(found))
    if options.write:
        title = (
            f"{found.pull_requests:,} pull requests (`python -m benchmarks.dashboard --write`). {_say_memory(found)}"
        )
        rows = [(f"{row[0]}, {SESSIONS} sessions", *row[1:]) for row in _rows(found.together)]
        write_table("dashboard", title, COLUMNS, [*_rows(found.alone), *rows])


def measure(pull_requests: int) -> Found:
    """Make the warehouse, and measure the empty page and the dashboard in the same run."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        large_team.make(home, pull_requests)
        with serve_empty(home) as served:
            alone, together = [_alone(served, EMPTY, "")], [_together(served, EMPTY, ("",))]
        memory: dict[str, float] = {}
        with serve_dashboard(home) as served:
            alone += [_alone(served, page, page) for page in track(PAGES, "One session", console=_err())]
            memory["one session"] = served.memory_mb()
            together.append(_together(served, "(all pages)", PAGES, memory))
            memory |= dict(_commit_beside(served, home))
    return Found(pull_requests, alone, together, memory)


def _alone(served: Served, name: str, page: str) -> Cost:
    with Session(served.port) as session:
        for _ in range(WARM_UPS):
            session.run(page)
        before = served.cpu_seconds()
        waits = [session.run(page) for _ in range(RUNS)]
        return _cost(name, served.cpu_seconds() - before, waits)


def _cost(name: str, cpu_seconds: float, waits: Sequence[float]) -> Cost:
    p50, p95 = np.percentile(waits, (50, 95))
    return Cost(name, 1000 * cpu_seconds / len(waits), 1000 * float(p50), 1000 * float(p95))


def _together(served: Served, name: str, pages: Sequence[str], memory: dict[str, float] | None = None) -> Cost:
    """Let twenty people open pages, each with pauses of a person."""

    def visit(place: int, session: Session) -> list[float]:
        random = Random(place)
        waits = []
        for _ in range(VISITS):
            sleep(random.expovariate(1 / PAUSE_SECONDS))
            waits.append(session.run(random.choice(pages)))
        return waits

    with ExitStack() as stack, ThreadPoolExecutor(SESSIONS) as pool:
        sessions = [stack.enter_context(Session(served.port)) for _ in range(SESSIONS)]
        for session in sessions:
            session.run(pages[0])
        before = served.cpu_seconds()
        waits = [wait for some in pool.map(visit, range(SESSIONS), sessions) for wait in some]
        spent = served.cpu_seconds() - before
        if memory is not None:
            memory[f"{SESSIONS} sessions"] = served.memory_mb()
    return _cost(name, spent, waits)


def _commit_beside(served: Served, home: Path) -> Iterator[tuple[str, float]]:
    """Yield the memory after commits of another process, each of which the open page shows."""
    with Session(served.port) as session:
        for number in track(range(1, COMMITS + 1), "Commits", console=_err()):
            large_team.touch(home, number)
            session.run(PAGES[0])
            if number % COMMITS_A_LOOK == 0:
                yield f"{number} commits", served.memory_mb()


def _rows(costs: Sequence[Cost]) -> list[tuple[str, ...]]:
    empty = costs[0].cpu_ms
    return [(one.page, _ms(one.cpu_ms), f"{one.cpu_ms / empty:.1f}", _ms(one.p50_ms), _ms(one.p95_ms)) for one in costs]


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:,.0f} ms"


def _say_memory(found: Found) -> str:
    return "Memory: " + ", ".join(f"{name} {value:,.0f} MB" for name, value in found.memory_mb.items()) + "."


def _err() -> Console:
    return Console(stderr=True)
