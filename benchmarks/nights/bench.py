"""Let a team run for many nights: files, bytes, catalog, snapshots, rows written and CPU seconds of each.

The people of a simulated organisation change as many pull requests a day as asked for; each night fetches, reads by
rules, computes, notes and tidies as the flows do, by a clock of its own. Every seventh night is the thorough one.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console

from benchmarks.document import write_table
from benchmarks.nights import catalog, night
from benchmarks.nights.people import DAYS, People
from benchmarks.options import add_json, add_write, make_parser
from benchmarks.stage import Stage, empty_homes, open_warehouse, staged
from benchmarks.tables import Figures, print_figures
from tasks.clock import wall_clock
from warehouse import connection, schema
from warehouse.upkeep import count_files

WEEK = 7
COLUMNS = (
    "night",
    "pull requests",
    "live files",
    "files on disk",
    "MB on disk",
    "catalog MB",
    "snapshots",
    "rows written",
    "CPU s fetch",
    "CPU s compute",
    "CPU s maintenance",
)
LOGGED = ("events", "messages", "problems", "computations", "earlier_rows", "weekly_metrics_history", "pipeline_runs")
"""Tables that no pull request adds rows to, but nights do."""


@dataclass(frozen=True)
class Night:
    """What there is after a night, and what it took. `megabytes` and `files_on_disk` are of the lake's data files."""

    night: int
    pull_requests: int
    live_files: int
    files_on_disk: int
    megabytes: float
    catalog_megabytes: float
    snapshots: int
    rows_written: int
    seconds: dict[str, float]
    rows: dict[str, int]
    megabytes_of_the_rest: float


@dataclass(frozen=True)
class Plan:
    """How many nights, how many pull requests are new or changed before each, and how long snapshots are kept."""

    nights: int
    pull_requests: int
    keep: timedelta


def measure(plan: Plan, home: Path, console: Console) -> list[Night]:
    """Run the nights, the last of which is the last one before now, and return what there was after each."""
    began = wall_clock()
    first = began.replace(hour=2, minute=0, second=0, microsecond=0) - timedelta(days=plan.nights + 1)
    people, found = People(first, plan.pull_requests), []
    with staged(people.organisation) as stage:
        stage.clock.at = first
        with open_warehouse(home) as warehouse:
            night.onboard(stage, warehouse, DAYS)
        catalog.set_times(_catalog(home), began, first)
        for number in range(1, plan.nights + 1):
            stage.clock.at = first + timedelta(days=number)
            people.work(stage.clock.at)
            found.append(_run(stage, home, number, (began, plan.keep)))
            console.print(json.dumps(asdict(found[-1])), highlight=False, markup=False)
    return found


def _run(stage: Stage, home: Path, number: int, times: tuple[datetime, timedelta]) -> Night:
    began, keep = times
    before = catalog.read_newest_snapshot(_catalog(home))
    with open_warehouse(home) as warehouse:
        seconds = night.refresh(stage, warehouse, number, is_weekly=number % WEEK == 0)
    written = catalog.count_rows_written(_catalog(home), before)
    catalog.set_times(_catalog(home), began, stage.clock.at)
    tidied = night.maintain(home, stage.clock.at + timedelta(hours=2), keep)
    catalog.set_times(_catalog(home), began, stage.clock.at + timedelta(hours=2))
    return _look(home, number, written, seconds.of | tidied.of)


def _look(home: Path, number: int, written: int, seconds: dict[str, float]) -> Night:
    files = [path.stat().st_size for path in (home / "warehouse" / "data").rglob("*.parquet")]
    ours = home / "warehouse"
    rest = [each.stat().st_size for each in home.rglob("*") if each.is_file() and not each.is_relative_to(ours)]
    with open_warehouse(home) as warehouse:
        names = ["pull_requests", *(table for table in LOGGED if table in schema.metadata.tables)]
        counts = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS n FROM {name}" for name in names)
        rows = dict(warehouse.read(counts).iter_rows())
        live = count_files(warehouse)
    return Night(
        night=number,
        pull_requests=rows.pop("pull_requests"),
        live_files=live,
        files_on_disk=len(files),
        megabytes=sum(files) / 1e6,
        catalog_megabytes=_catalog(home).stat().st_size / 1e6,
        snapshots=catalog.count_snapshots(_catalog(home)),
        rows_written=written,
        seconds=seconds,
        rows=rows,
        megabytes_of_the_rest=sum(rest) / 1e6,
    )


def _catalog(home: Path) -> Path:
    return home / "warehouse" / "catalog.sqlite"


def rows_of(found: Sequence[Night]) -> list[tuple[str, ...]]:
    """Return the nights as rows of the table: the first, those around a week and a month, and every tenth."""
    shown = {1, 6, 7, 8, 14, 21, 30, 31, 32, 33, 34, len(found), *range(40, len(found), 10)}
    return [_row(one) for one in found if one.night in shown]


def _row(one: Night) -> tuple[str, ...]:
    return (
        f"{one.night}{' (thorough)' if one.night % WEEK == 0 else ''}",
        f"{one.pull_requests:,}",
        f"{one.live_files:,}",
        f"{one.files_on_disk:,}",
        f"{one.megabytes:,.0f}",
        f"{one.catalog_megabytes:.1f}",
        f"{one.snapshots:,}",
        f"{one.rows_written:,}",
        *(f"{one.seconds[step]:.1f}" for step in ("fetch", "compute", "maintenance")),
    )


def describe(found: Sequence[Night], plan: Plan) -> str:
    """Return what was done, in words, and what other tables and files hold in the end."""
    last, first = found[-1], found[0]
    options = f"--nights {len(found)} --pull-requests {plan.pull_requests} --keep-days {plan.keep.days}"
    logged = ", ".join(f"{count:,} of `{name}`" for name, count in last.rows.items())
    return (
        f"{len(found)} nights, {plan.pull_requests:,} pull requests new or changed before each, snapshots kept for "
        f"{plan.keep.days} days (`python -m benchmarks.nights {options} --write`); CPU seconds in one thread, without "
        f"the simulated GitHub, beside other work. Tables that nights add to hold in the end: {logged}. "
        f"Other files of the home: {first.megabytes_of_the_rest:.1f} MB after the first night, "
        f"{last.megabytes_of_the_rest:.1f} MB after the last."
    )


def main() -> None:
    parser = make_parser("nights", "Let a team run for many nights, and say what grows.")
    parser.add_argument("--nights", type=int, default=60, metavar="N", help="how many nights")
    parser.add_argument(
        "--pull-requests", type=int, default=1_000, metavar="N", help="how many are new or changed before each night"
    )
    parser.add_argument("--keep-days", type=int, default=30, metavar="N", help="how long snapshots are kept")
    add_json(parser)
    add_write(parser)
    chosen = parser.parse_args()
    connection.THREADS = 1  # less processor time, and the same for each night
    plan = Plan(chosen.nights, chosen.pull_requests, timedelta(days=chosen.keep_days))
    with empty_homes() as homes:
        found = measure(plan, homes.new(), Console(stderr=True, width=1_000))
    if chosen.write:
        write_table("nights", describe(found, plan), COLUMNS, rows_of(found))
    if chosen.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        print_figures(Console(), Figures("Nights", COLUMNS, rows_of(found)))
