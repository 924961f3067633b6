"""Onboard an owner of 300 repositories of which 290 are quiet, and count the requests and points of each phase.

A quiet repository is empty, or was last worked on before the history begins.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.options import make_parser
from benchmarks.stage import AS_OF, Stage, empty_homes, open_warehouse, staged
from simulators.github.store import records
from simulators.github.story.organisation import Organisation, make_organisation
from tasks.github.deliveries.sync import sync_deliveries
from tasks.github.ingestion.ingest import ingest
from tasks.github.organisation.discovery import discover_repositories
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, plan_refresh, plan_windows

OWNER = "northwind"
BUSY, QUIET = 10, 290
COLUMNS = ("phase", "requests", "points", "of them by repository", "points per 100 quiet")


def make_many(quiet: int = QUIET) -> Organisation:
    """Make ten busy repositories and `quiet` others: of three one is empty, one old, one old with an open one."""
    organisation = make_organisation(5, AS_OF, BUSY, 200, 80, OWNER)
    author = next(each for each in organisation.accounts() if each["__typename"] == "User")["login"]
    for place in range(quiet):
        name = f"quiet-{place}"
        organisation.add_repository(
            records.repository(
                organisation.owner, 900_000 + place, name, records.iso((AS_OF - timedelta(900)).timestamp())
            )
        )
        if place % 3:
            at = records.iso((AS_OF - timedelta(days=400 + place)).timestamp())
            closed = {} if place % 3 == 1 else {"state": "CLOSED", "closedAt": at}
            organisation.add(f"{OWNER}/{name}", at, "Long ago", author, updatedAt=at, **closed)
    return organisation


async def run_phase(stage: Stage, warehouse: Warehouse, run: Run) -> None:
    start_run(warehouse, run, stage.clock())
    async with stage.github() as github:
        if run.phase is Phase.RECENT:
            await discover_repositories(github, warehouse, OWNER)
        await ingest(github, warehouse, run)
        await sync_deliveries(github, warehouse, run, stage.clock())


def measure(quiet: int) -> list[tuple[str, Counter[str], int]]:
    """Return, by phase, the requests by operation and the points."""
    first, second = plan_windows(AS_OF, 30, 90, is_live=True)
    found = []
    with staged(make_many(quiet)) as stage, empty_homes() as homes, open_warehouse(homes.new()) as warehouse:
        for name, flow, phase, window in (
            ("phase 1, with the listing", "onboarding", Phase.RECENT, first),
            ("phase 2", "background", Phase.HISTORY, second),
            ("the first night", "refresh", Phase.INCREMENTAL, plan_refresh(AS_OF, AS_OF + timedelta(days=1))),
        ):
            before: dict[str, Any] = stage.running.stats()
            run = Run(run_id=name, team_id=OWNER, flow=flow, phase=phase, as_of=AS_OF, window=window)
            asyncio.run(run_phase(stage, warehouse, run))
            after = stage.running.stats()
            asked: Counter[str] = Counter(after["by_operation"]) - Counter(before["by_operation"])
            found.append((name, asked, int(after["points"]) - int(before["points"])))
            stage.clock.at += timedelta(days=phase is Phase.HISTORY)
    return found


def main() -> None:
    options = make_parser(
        "quiet", "Count the requests and points of onboarding 300 repositories of which 290 are quiet."
    )
    options.parse_args()
    rows = []
    for (name, asked, points), (_, _, without) in zip(measure(QUIET), measure(0), strict=True):
        by_name = ", ".join(f"{count} {operation}" for operation, count in asked.most_common())
        rows.append((name, str(asked.total()), str(points), by_name, f"{(points - without) * 100 / QUIET:.1f}"))
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
