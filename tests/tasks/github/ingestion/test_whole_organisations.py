"""Whole organisations, made up and real, land in the warehouse as GitHub counts them; killed runs too."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from simulators.github.store.recorded import load_repository
from simulators.github.story.organisation import make_organisation
from tests.recorded_data import ROOT, SECP256K1
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.windows import Phase, Window, plan_windows

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
TABLES = (
    "pull_requests",
    "reviews",
    "review_threads",
    "review_comments",
    "comments",
    "commits",
    "files",
    "timeline_events",
    "people",
    "repositories",
    "sync_items",
)
OF_THE_RUN = {"fetched_at", "scanned_at", "done_at", "run_id", "last_sync_at", "watermark_at"}


def onboard(simulated: "Simulated", warehouse: Warehouse, *, is_live: bool = False) -> dict[int, int]:
    """Both phases as of AS_OF; the pull requests of each."""
    counts = {}
    simulated.discover(warehouse)
    for phase, window in zip(Phase, plan_windows(AS_OF, 30, 90, is_live=is_live), strict=False):
        team = simulated.organisation.login.lower()
        run = Run(
            run_id=f"run-{phase}",
            team_id=team,
            flow="onboarding",
            phase=phase,
            as_of=AS_OF,
            window=window,
            is_as_of_fixed=not is_live,
        )
        start_run(warehouse, run, AS_OF)
        counts[phase] = simulated.ingest(warehouse, run).prs_done
    return counts


def iso(timestamp: datetime) -> str:
    return timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.slow
def test_both_windows_of_a_made_up_organisation_hold_what_the_simulator_holds(
    simulate: Simulate, warehouse: Warehouse
) -> None:
    simulated = simulate(make_organisation(7, AS_OF, 4, 240, 120, "northwind"))
    counts = onboard(simulated, warehouse)
    first, second = plan_windows(AS_OF, 30, 90)
    for phase, window in ((Phase.RECENT, first), (Phase.HISTORY, second)):
        totals = simulated.running.totals(iso(window.start), iso(window.end or AS_OF), with_open=phase is Phase.HISTORY)
        assert counts[phase] == sum(total["pull_requests"] for total in totals.values()) > 20
    assert read_totals(warehouse) == {
        name: total
        for name, total in simulated.running.totals(iso(second.start), iso(AS_OF), with_open=True).items()
        if total["pull_requests"]
    }
    assert warehouse.read("SELECT count(*) FROM pull_requests WHERE NOT is_complete").item() == 0
    assert simulated.violations() == 0


def read_totals(warehouse: Warehouse) -> dict[str, dict[str, int]]:
    """By repository, what the warehouse holds; under the simulator's names."""
    children = {
        "reviews": "reviews",
        "reviewThreads": "review_threads",
        "comments": "comments",
        "commits": "commits",
        "files": "files",
        "review_comments": "review_comments",
    }
    columns = ", ".join(
        f"(SELECT count(*) FROM {table} c WHERE c.pull_request_id IN (SELECT id FROM pull_requests p "
        f'WHERE p.repository_id = r.id)) AS "{name}"'
        for name, table in children.items()
    )
    rows = warehouse.read(
        f"SELECT full_name, (SELECT count(*) FROM pull_requests p WHERE p.repository_id = r.id) AS pull_requests, "
        f"{columns} FROM repositories r"
    ).to_dicts()
    return {row.pop("full_name"): row for row in rows if row["pull_requests"]}


@pytest.mark.slow
@pytest.mark.skipif(not SECP256K1.exists(), reason=f"the recorded pull requests are not at {SECP256K1}")
def test_the_real_pull_requests_of_secp256k1_land_with_githubs_own_counts(
    simulate: Simulate, warehouse: Warehouse
) -> None:
    simulated = simulate(load_repository(SECP256K1, "bitcoin-core", "secp256k1"))
    assert onboard(simulated, warehouse) == {1: 42, 2: 37 + 47}, "47 are open and were touched in neither window"
    counted = warehouse.read(
        "SELECT p.number, p.commits_count, p.comments_count, "
        "(SELECT count(*) FROM commits c WHERE c.pull_request_id = p.id) AS commits, "
        "(SELECT count(*) FROM comments c WHERE c.pull_request_id = p.id) AS comments FROM pull_requests p"
    )
    assert len(counted) == 42 + 37 + 47
    assert counted.filter(
        (pl.col("commits") != pl.col("commits_count")) | (pl.col("comments") != pl.col("comments_count"))
    ).is_empty()
    assert simulated.violations() == 0


def read_all(warehouse: Warehouse) -> dict[str, list[dict[str, object]]]:
    """Every row of every table of ingestion, without what differs from run to run."""
    found = {}
    for name in TABLES:
        table = schema.metadata.tables[name]
        columns = [column.name for column in table.columns if column.name not in OF_THE_RUN]
        found[name] = warehouse.read(f"SELECT {', '.join(columns)} FROM {name} ORDER BY ALL").to_dicts()
    return found


@pytest.mark.long  # as `python -m benchmarks.crash`; test_incremental.py tells of runs that go on
def test_a_run_killed_again_and_again_and_then_resumed_equals_an_undisturbed_one(
    simulate: Simulate, warehouse: Warehouse, tmp_path: Path
) -> None:
    simulated = simulate(make_organisation(5, AS_OF, 3, 120, 60, "northwind"))
    run = Run(
        run_id="run-1",
        team_id="northwind",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=AS_OF,
        window=Window(AS_OF - timedelta(days=30), AS_OF),
    )
    for home in ("killed", "whole"):
        with prepared(tmp_path / home) as prepared_warehouse:
            simulated.discover(prepared_warehouse)
            start_run(prepared_warehouse, run, AS_OF)
    script = Path(__file__).with_name("dying_ingestion.py")
    states = []
    for looks in (6, 25, 40, 70, 100):
        command = [sys.executable, str(script), simulated.running.graphql_url, str(tmp_path / "killed"), "northwind"]
        ended = subprocess.run([*command, str(looks)], cwd=ROOT, capture_output=True, check=False)
        states.append(ended.returncode)
    assert states.count(-9) >= 3, states
    with prepared(tmp_path / "killed") as killed, prepared(tmp_path / "whole") as whole:
        assert simulated.ingest(killed, run).prs_done == simulated.ingest(whole, run).prs_done
        assert read_all(killed) == read_all(whole)
    assert simulated.violations() == 0


def prepared(home: Path) -> Warehouse:
    warehouse = Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""))
    migrations.upgrade(warehouse)
    return warehouse
