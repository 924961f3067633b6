"""Ingest recorded pull requests and compare the warehouse with their file.

The file holds the pull requests of one repository as returned by GitHub's REST API, one JSON object a line, gzipped
(see `simulators/github/store/recorded.py`). They are served over HTTP by a simulated GitHub in a process of its own,
ingested by the product into a new warehouse, and compared one by one with the file, which is read independently of
the simulator's own reader.
"""

import asyncio
import gzip
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.ingest import AS_OF, EVERYTHING, github_at, simulator
from benchmarks.options import add_json, make_parser
from tasks.github.ingestion.ingest import ingest
from tasks.github.organisation.discovery import discover_repositories
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.totals import find_differences
from warehouse.windows import Phase, Window

Line = dict[str, Any]
ByNumber = Mapping[int, Any]

EVENTS = {
    "ready_for_review": "ReadyForReview",
    "convert_to_draft": "ConvertToDraft",
    "review_requested": "ReviewRequested",
    "review_request_removed": "ReviewRequestRemoved",
    "closed": "Closed",
    "reopened": "Reopened",
    "merged": "Merged",
    "head_ref_force_pushed": "HeadRefForcePushed",
    "labeled": "Labeled",
    "unlabeled": "Unlabeled",
    "renamed": "RenamedTitle",
    "milestoned": "Milestoned",
    "demilestoned": "Demilestoned",
}


@dataclass(frozen=True)
class Comparison:
    """One comparison: how many pull requests are equal in it, and how many values there are on either side."""

    what: str
    equal: int
    pull_requests: int
    in_file: int
    stored: int

    @property
    def is_equal(self) -> bool:
        return self.equal == self.pull_requests


@dataclass(frozen=True)
class FetchMeasurement:
    """Time and cost of fetching."""

    pull_requests: int
    seconds: float
    points: int
    requests: int


def _count(name: str) -> Callable[[Line], int]:
    """Return a reader of GitHub's own counter in the pull request."""
    return lambda line: int(line["pull"][name])


def _events(name: str) -> Callable[[Line], int]:
    return lambda line: sum(event["event"] == name for event in line["events"])


def _review_states(line: Line) -> Counter[tuple[str, str]]:
    reviews = [event for event in line["events"] if event["event"] == "reviewed"]
    return Counter((event["state"].upper(), event["submitted_at"]) for event in reviews)


def _timeline(line: Line) -> Counter[tuple[str, str]]:
    return Counter((EVENTS[each["event"]], each["created_at"]) for each in line["events"] if each["event"] in EVENTS)


def _head(line: Line) -> tuple[Any, ...]:
    pull = line["pull"]
    state = "MERGED" if pull.get("merged_at") else pull["state"].upper()
    times = [pull.get(name) for name in ("created_at", "updated_at", "merged_at", "closed_at")]
    sizes = [pull[name] for name in ("additions", "deletions", "changed_files")]
    has_head = pull["head"].get("repo") is not None
    return (pull["title"], state, pull["draft"], *times, *sizes, pull["base"]["sha"], pull["head"]["sha"], has_head)


# Name, value in a line of the file, and query of the value in the warehouse by number.
COMPARISONS: tuple[tuple[str, Callable[[Line], Any], str], ...] = (
    ("commits, by GitHub's counter", _count("commits"), "SELECT number, {commits} FROM pull_requests p"),
    ("comments, by GitHub's counter", _count("comments"), "SELECT number, {comments} FROM pull_requests p"),
    ("reviews", _events("reviewed"), "SELECT number, {reviews} FROM pull_requests p"),
    ("review comments", lambda line: len(line["comments"]), "SELECT number, {review_comments} FROM pull_requests p"),
)
PAIRS: tuple[tuple[str, Callable[[Line], Counter[tuple[str, str]]], str], ...] = (
    (
        "reviews, each by state and time",
        _review_states,
        "SELECT number, v.state, v.submitted_at FROM reviews v JOIN pull_requests p ON p.id = v.pull_request_id",
    ),
    (
        "timeline events, each by kind and time",
        _timeline,
        "SELECT number, kind, e.created_at FROM timeline_events e JOIN pull_requests p ON p.id = e.pull_request_id",
    ),
)
HEAD_SQL = """
SELECT number, title, state, is_draft, created_at, updated_at, merged_at, closed_at, additions, deletions,
       changed_files, base_ref_oid, head_ref_oid, head_repository IS NOT NULL
FROM pull_requests
"""


def compare_with_file(warehouse: Warehouse, lines: Sequence[Line]) -> list[Comparison]:
    """Make all comparisons over all pull requests of the file."""
    by_number = {int(line["pull"]["number"]): line for line in lines}
    stored = dict.fromkeys(warehouse.read("SELECT number FROM pull_requests")["number"], 1)
    found = [_compared("pull requests", dict.fromkeys(by_number, 1), stored)]
    heads = {number: tuple(map(_plain, rest)) for number, *rest in warehouse.read(HEAD_SQL).rows()}
    wanted = {number: _head(line) for number, line in by_number.items()}
    found.append(_compared("title, state, times, sizes, ends", wanted, heads, is_counted=False))
    for what, of_line, sql in COMPARISONS:
        rows = warehouse.read(sql.format_map(_Counted())).rows()
        found.append(_compared(what, {number: of_line(line) for number, line in by_number.items()}, dict(rows)))
    for what, of_line, sql in PAIRS:
        held: dict[int, Counter[tuple[str, str]]] = {}
        for number, kind, at in warehouse.read(sql).rows():
            held.setdefault(number, Counter())[kind, str(_plain(at))] += 1
        wanted_pairs = {number: of_line(line) for number, line in by_number.items()}
        found.append(_compared(what, wanted_pairs, {number: held.get(number, Counter()) for number in stored}))
    return found


class _Counted(dict[str, str]):
    """Replaces `{table}` in a query by the number of rows of that table for the pull request."""

    def __missing__(self, table: str) -> str:
        return f"(SELECT count(*) FROM {table} c WHERE c.pull_request_id = p.id)"


def _compared(what: str, wanted: ByNumber, held: ByNumber, *, is_counted: bool = True) -> Comparison:
    equal = sum(number in held and held[number] == value for number, value in wanted.items())
    sums = [sum(map(_size, side.values())) if is_counted else len(side) for side in (wanted, held)]
    return Comparison(what, equal, len(wanted.keys() | held.keys()), *sums)


def _size(value: int | Counter[Any]) -> int:
    return value if isinstance(value, int) else value.total()


def _plain(value: object) -> object:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


async def fetch(url: str, owner: str, warehouse: Warehouse) -> FetchMeasurement:
    """Fetch all pull requests of the owner, of any age."""
    run = Run(
        run_id="benchmark",
        team_id=owner.lower(),
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=AS_OF,
        window=Window(EVERYTHING.start),
    )
    start_run(warehouse, run, AS_OF)
    began = time.perf_counter()
    async with github_at(url) as github:
        await discover_repositories(github, warehouse, owner)
        summary = await ingest(github, warehouse, run)
    return FetchMeasurement(summary.prs_done, time.perf_counter() - began, summary.points, summary.requests)


def measure(file: Path) -> tuple[FetchMeasurement, list[Comparison]]:
    with gzip.open(file) as opened:
        lines = [json.loads(line) for line in opened]
    owner, name = lines[-1]["pull"]["base"]["repo"]["full_name"].split("/")
    with simulator("--file", str(file), "--owner", owner, "--name", name) as url, tempfile.TemporaryDirectory() as home:
        settings = WarehouseSettings(home=Path(home), warehouse_catalog="", warehouse_data="")
        with Warehouse(settings) as warehouse:
            migrations.upgrade(warehouse)
            fetched = asyncio.run(fetch(url, owner, warehouse))
            complete = len(lines) - find_differences(warehouse, owner.lower()).height
            own = Comparison("complete by GitHub's totals", complete, len(lines), len(lines), complete)
            return fetched, [*compare_with_file(warehouse, lines), own]


def draw_table(fetched: FetchMeasurement, compared: Sequence[Comparison]) -> Table:
    caption = (
        f"{fetched.pull_requests:,} pull requests in {fetched.seconds:.1f} s, "
        f"{fetched.points:,} points and {fetched.requests:,} requests"
    )
    table = Table("compared", "pull requests equal", "in the file", "in the warehouse", caption=caption)
    for one in compared:
        mark = "" if one.is_equal else "  differs"
        table.add_row(one.what, f"{one.equal:,} of {one.pull_requests:,}{mark}", f"{one.in_file:,}", f"{one.stored:,}")
    return table


def main() -> None:
    options = make_parser(
        "recorded",
        "Ingest recorded pull requests and compare the warehouse with their file; exit code 1 if they differ.",
    )
    options.add_argument("file", type=Path, metavar="FILE", help="pull requests of one repository, as .jsonl.gz")
    add_json(options)
    chosen = options.parse_args()
    if not chosen.file.exists():
        raise SystemExit(f"{chosen.file} does not exist. Give a .jsonl.gz file of recorded pull requests.")
    fetched, compared = measure(chosen.file)
    if chosen.json:
        print(json.dumps({"fetched": asdict(fetched), "compared": [asdict(one) for one in compared]}, indent=2))
    else:
        Console().print(draw_table(fetched, compared))
    sys.exit(not all(one.is_equal for one in compared))


if __name__ == "__main__":
    main()
