"""CPU seconds and peak memory of all metrics, beside ten of them in DuckDB's SQL and in pandas, in one run.

Each tool is a process of its own that reads the same Parquet files, and its ten are compared with prflow's.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import duckdb
import polars as pl
from rich.console import Console

from benchmarks.document import write_table
from benchmarks.metrics.drawing import AS_OF, TEN, Drawing
from benchmarks.options import add_json, add_write, make_parser
from benchmarks.tables import Figures, print_figures
from warehouse.metrics.facts import COLUMNS

PRFLOW, DUCKDB, PANDAS = "prflow", "duckdb", "pandas"
TOOLS = (PRFLOW, DUCKDB, PANDAS)
WORDS = {PRFLOW: "prflow, all metrics", DUCKDB: "ten metrics in DuckDB's SQL", PANDAS: "ten metrics in pandas"}
HEADINGS = ("", "pull requests", "CPU s", "ratio", "peak MB", "weekly rows", "of the ten, as prflow's")
# They are sums and medians of the same numbers, in another order of additions.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Measured:
    """What one tool took for a number of pull requests, and how many of its values of the ten are prflow's."""

    tool: str
    count: int
    cpu_seconds: float
    peak_mb: float
    rows: int
    same: int = 0
    of: int = 0


def measure(count: int) -> list[Measured]:
    """Measure all tools on one drawing."""
    with tempfile.TemporaryDirectory() as folder:
        # A process of its own, too: what drawing takes is nobody's memory.
        subprocess.run([*_SELF, "--draw", str(count), "--folder", folder], check=True)
        found = {tool: Measured(**_ask(tool, count, Path(folder))) for tool in TOOLS}
        ours = pl.read_parquet(Path(folder) / f"{PRFLOW}.result")
        return [_compare(found[tool], ours, Path(folder)) for tool in TOOLS]


def _ask(tool: str, count: int, folder: Path) -> dict[str, Any]:
    command = [*_SELF, "--tool", tool, "--pull-requests", str(count), "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _compare(one: Measured, ours: pl.DataFrame, folder: Path) -> Measured:
    theirs = pl.read_parquet(folder / f"{one.tool}.result")
    both = ours.join(theirs, on=["scope_id", "week_start", "metric"], how="full", suffix="_theirs")
    is_same = (pl.col("value") - pl.col("value_theirs")).abs() <= TOLERANCE * (1 + pl.col("value").abs())
    return Measured(**(vars(one) | {"same": both.filter(is_same).height, "of": both.height}))


def run_tool(tool: str, count: int, folder: Path) -> dict[str, object]:
    """Compute with one tool, store its ten, and return what it took."""
    compute = _find(tool)
    began = process_time()
    ten, rows = compute(folder)
    taken = process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ten.write_parquet(folder / f"{tool}.result")
    return {"tool": tool, "count": count, "cpu_seconds": taken, "peak_mb": peak, "rows": rows}


def _find(tool: str) -> Callable[[Path], tuple[pl.DataFrame, int]]:
    if tool == PRFLOW:
        return compute_all
    from benchmarks.metrics import peers  # pandas takes two seconds to import, which is not measured

    compute = peers.compute_in_duckdb if tool == DUCKDB else peers.compute_in_pandas

    def run(folder: Path) -> tuple[pl.DataFrame, int]:
        found = compute(folder)
        return found, found.height

    return run


def compute_all(folder: Path) -> tuple[pl.DataFrame, int]:
    """Compute all weekly numbers, reading the files as a night reads the warehouse.

    Return the ten, and how many rows of all have anything behind them.
    """
    from warehouse.metrics.measured import measure_shares
    from warehouse.metrics.samples import concat_samples
    from warehouse.metrics.weekly import compute_weeks
    from warehouse.read_shares import share_out

    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as parts:
        connection.execute("SET TimeZone = 'UTC'")
        for name in COLUMNS:
            files = f"read_parquet('{folder / name}.parquet')"
            connection.execute(f"CREATE VIEW {name} AS SELECT *, 'acme' AS team_id {_ADDED.get(name, '')} FROM {files}")
        connection.execute(f"CREATE VIEW teams AS {_TEAM}")
        facts = share_out(connection, "acme", Path(parts))
        samples = concat_samples(share.samples for share in measure_shares(facts, AS_OF))
    weekly = compute_weeks(facts.team, samples, AS_OF).values
    ten = weekly.filter(pl.col("metric").is_in(TEN))
    return ten.select("scope_id", "week_start", "metric", "value"), weekly.height


# What the warehouse has beside the facts.
_ADDED = {
    "repositories": ", true AS is_followed",
    "sync_items": ", '' AS pull_request_id, 0 AS number, 'done' AS state",
}
_TEAM = (
    "SELECT 'acme' AS team_id, 'Europe/Berlin' AS timezone, false AS has_people_views, NULL::TIMESTAMPTZ AS as_of, "
    "0 AS history_days"
)


def draw(count: int, folder: Path) -> None:
    """Draw the pull requests and write one Parquet file per table."""
    facts = Drawing(count).make()
    for name in COLUMNS:
        getattr(facts, name).write_parquet(folder / f"{name}.parquet")


def main() -> int:
    """Measure, print, and write docs/reliability.md if asked to."""
    parser = make_parser("metrics", "Measure CPU seconds and peak memory of all metrics, beside ten in SQL and pandas.")
    parser.add_argument("--pull-requests", type=int, nargs="+", default=[100_000], metavar="N", help="how many to draw")
    parser.add_argument("--tool", choices=TOOLS, help="measure only this one, on the files in --folder")
    parser.add_argument("--draw", type=int, metavar="N", help="only draw N pull requests, into --folder")
    parser.add_argument("--folder", type=Path, help="folder of the files")
    add_json(parser)
    add_write(parser)
    arguments = parser.parse_args()
    if arguments.draw:
        draw(arguments.draw, arguments.folder)
        return 0
    if arguments.tool:
        sys.stdout.write(json.dumps(run_tool(arguments.tool, arguments.pull_requests[0], arguments.folder)))
        return 0
    found = [one for count in arguments.pull_requests for one in measure(count)]
    if arguments.json:
        sys.stdout.write(json.dumps([vars(one) for one in found]) + "\n")
    else:
        print_figures(Console(), Figures("All metrics beside ten of them", HEADINGS, _rows(found)))
    if arguments.write:
        sentence = (
            "Reading Parquet and computing, each in a process of its own (`python -m benchmarks.metrics --write`)."
        )
        write_table("metrics", sentence, HEADINGS, _rows(found))
    return 0 if all(one.same == one.of for one in found) else 1


def _rows(found: list[Measured]) -> list[tuple[str, ...]]:
    base = {one.count: one.cpu_seconds for one in found if one.tool == DUCKDB}
    return [
        (
            WORDS[one.tool],
            f"{one.count:,}",
            f"{one.cpu_seconds:.1f}",
            f"{one.cpu_seconds / base[one.count]:.1f}",
            f"{one.peak_mb:,.0f}",
            f"{one.rows:,}",
            f"{one.same:,} of {one.of:,}",
        )
        for one in found
    ]


_SELF = (sys.executable, "-m", "benchmarks.metrics")
