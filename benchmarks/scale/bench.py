"""CPU seconds, peak memory, rows written, files and S3 requests of a quiet and a busy night, by the team's size.

Each night is a process of its own; the simulated GitHub and S3 are in this one. A busy night fetches from GitHub; what
is stored before is written directly (`team.py`). Pull requests are not read by rules or a model: that takes time for
new ones only, whatever the team's size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.document import SCALE, write_table
from benchmarks.nights import catalog
from benchmarks.options import add_json, make_parser
from benchmarks.scale import drawing, night
from benchmarks.scale.team import BUSY, KEY, QUIET, make_github, make_team, open_many, settings_of
from benchmarks.stage import Clock
from benchmarks.tables import Figures, print_figures
from simulators.github.serving.server import serve as serve_github
from simulators.s3.server import Store, serving

HEADINGS = (
    "pull requests",
    "step",
    "CPU s",
    "of it fetch, compute, insights",
    "peak MB",
    "rows written",
    "live files",
    "S3 reads",
    "S3 writes",
)
STEPS = {"quiet": QUIET, "busy": BUSY}
WORDS = {"quiet": "quiet night", "busy": "busy night (1,000 new)", "maintenance": "maintenance after both"}
READS = ("GET", "HEAD")


@dataclass(frozen=True)
class Measured:
    """What one step took for a team of `count` pull requests."""

    count: int
    step: str
    seconds: dict[str, float]
    peak_mb: float
    rows_written: int
    live_files: int
    s3_reads: int
    s3_writes: int

    @property
    def cpu_seconds(self) -> float:
        return sum(self.seconds.values())


def measure(count: int) -> list[Measured]:
    """Make a team of that size, and run its nights and the maintenance."""
    organisation, clock = make_github(), Clock(QUIET)
    with (
        tempfile.TemporaryDirectory(prefix="prflow-scale-") as folder,
        serving() as s3,
        serve_github(organisation, clock=clock.seconds) as github,
    ):
        s3.keys.add(KEY)
        common = ["--home", folder, "--s3-port", str(s3.port), "--github", github.url]
        _run_apart([*common, "--make", str(count)])
        found = [_measure(count, "quiet", common, s3)]
        clock.at = BUSY
        open_many(organisation)
        return [*found, *(_measure(count, step, common, s3) for step in ("busy", "maintenance"))]


def _measure(count: int, step: str, common: Sequence[str], s3: Store) -> Measured:
    lake = Path(common[1]) / "warehouse" / "catalog.sqlite"
    before, snapshot = len(s3.asked), catalog.read_newest_snapshot(lake)
    said = _run_apart([*common, "--step", step])
    written = catalog.count_rows_written(lake, snapshot)
    methods = Counter(method for method, _ in s3.asked[before:])
    reads = sum(methods[each] for each in READS)
    # Maintenance copies rows into new files, and writes none.
    rows = 0 if step == "maintenance" else written
    return Measured(count, step, rows_written=rows, s3_reads=reads, s3_writes=methods.total() - reads, **said)


def _run_apart(arguments: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout or "{}"))


def run_child(chosen: argparse.Namespace) -> dict[str, object]:
    """Do one step in this process."""
    settings = settings_of(chosen.home, chosen.s3_port)
    if chosen.make:
        make_team(settings, chosen.make)
        return {}
    if chosen.step == "maintenance":
        return night.run_maintenance(settings)
    at: datetime = STEPS[chosen.step]
    return night.run_night(settings, chosen.github, at)


def rows_of(found: Sequence[Measured]) -> list[tuple[str, ...]]:
    return [
        (
            f"{one.count:,}",
            WORDS[one.step],
            f"{one.cpu_seconds:.1f}",
            ", ".join(f"{taken:.1f}" for taken in one.seconds.values()) if len(one.seconds) > 1 else "",
            f"{one.peak_mb:,.0f}",
            f"{one.rows_written:,}" if one.rows_written else "",
            f"{one.live_files:,}",
            f"{one.s3_reads:,}",
            f"{one.s3_writes:,}",
        )
        for one in found
    ]


def _make_options() -> argparse.ArgumentParser:
    parser = make_parser("scale", "Measure a quiet and a busy night of teams of any size, with data files on S3.")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 100_000], metavar="N", help="numbers of pull requests"
    )
    parser.add_argument("--write", action="store_true", help="write the table and the picture for docs/scale.md")
    add_json(parser)
    for name, kind in {"--home": Path, "--s3-port": int, "--github": str, "--make": int, "--step": str}.items():
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return parser


def main() -> None:
    chosen = _make_options().parse_args()
    if chosen.home:
        print(json.dumps(run_child(chosen)))
        return
    found, progress = [], Console(stderr=True, width=1_000)
    for size in chosen.sizes:
        found += measure(size)
        for one in found[-len(WORDS) :]:
            progress.print(json.dumps(asdict(one)), highlight=False, markup=False)
    if chosen.write:
        sizes = " ".join(str(size) for size in chosen.sizes)
        command = f"`python -m benchmarks.scale --sizes {sizes} --write`"
        sentence = f"CPU seconds beside other work on 2 shared processors ({command})."
        write_table("scale", sentence, HEADINGS, rows_of(found), SCALE)
        drawing.write(found)
    if chosen.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        print_figures(Console(), Figures("Nights by size", HEADINGS, rows_of(found)))
