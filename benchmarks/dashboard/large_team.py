"""A warehouse of one team with the pull requests that `benchmarks.metrics` draws, measured and complete."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.metrics.drawing import AS_OF, DAYS, Drawing
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.measure import measure_team
from warehouse.metrics.facts import COLUMNS
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit
from warehouse.windows import Phase

TEAM = "acme"


def open_warehouse(home: Path) -> Warehouse:
    return Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""))


def make(home: Path, pull_requests: int) -> None:
    """Store the team in `home`, and compute its numbers."""
    with open_warehouse(home) as warehouse:
        fill(warehouse, pull_requests)


def fill(warehouse: Warehouse, pull_requests: int) -> None:
    """Store the team in an empty warehouse, and compute its numbers."""
    facts = Drawing(pull_requests).make()
    migrations.upgrade(warehouse)
    commit(warehouse, *_pipeline())
    for name in COLUMNS:
        frame: pl.DataFrame = getattr(facts, name)
        if not frame.is_empty():
            commit(warehouse, Merge(schema.metadata.tables[name], _with_keys(name, frame)))
    measure_team(warehouse, TEAM, AS_OF)


def touch(home: Path, number: int) -> None:
    """Commit a change of one pull request, as a sync beside the open pages does."""
    row = {"id": f"PR_{number}", "title": f"Changed {number}", "updated_at": AS_OF + timedelta(seconds=number)}
    with open_warehouse(home) as warehouse:
        commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, [row], row)))


def _with_keys(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Add what the table needs and no metric does: the team, and a natural key where a fact has none."""
    types = schema.polars_schema(schema.metadata.tables[name])
    places = pl.int_range(pl.len()).cast(pl.String)
    known = {
        "team_id": pl.lit(TEAM),
        "id": pl.lit(f"{name}_") + places,
        "oid": pl.lit(f"{name}_") + places,
        "path": pl.lit(f"{name}_") + places,
        "is_followed": pl.lit(value=True),
        "sync_status": pl.lit("done"),
        "last_sync_at": pl.lit(AS_OF),
        "status": pl.lit("done"),
    }
    missing = [
        value.cast(types[column]).alias(column)
        for column, value in known.items()
        if column in types and (column not in frame.columns or frame[column].null_count() == frame.height)
    ]
    return frame.with_columns(missing)


def _pipeline() -> list[Merge]:
    """Return the rows of a team whose history is complete."""
    as_of: datetime = AS_OF
    team = {
        "team_id": TEAM,
        "id": "O_1",
        "login": "Acme",
        "name": "Acme",
        "status": "complete",
        "status_at": as_of,
        "as_of": as_of,
        "is_as_of_fixed": True,
        "days_back": 30,
        "history_days": DAYS,
        "timezone": "Europe/Berlin",
        "has_people_views": False,
        "is_simulated": True,
        "is_analysis_simulated": True,
        "web_url": "https://github.com",
        "created_at": as_of,
    }
    run = {
        "run_id": "run-1",
        "team_id": TEAM,
        "flow": "onboarding",
        "phase": Phase.RECENT,
        "state": "completed",
        "stage": "complete",
        "as_of": as_of,
        "window_start": as_of - timedelta(days=30),
        "started_at": as_of - timedelta(minutes=9),
        "moved_at": as_of,
        "ended_at": as_of,
    }
    rows = ((schema.teams, team), (schema.pipeline_runs, run))
    return [Merge(table, schema.frame(table, [row], row)) for table, row in rows]
