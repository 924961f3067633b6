"""Weeks without anything behind a number are not stored, and are there for every reader as if they were."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tasks.measure import write_metrics
from tests.warehouse.history.world import LIVE, compute, make
from tests.warehouse.metrics.tables import moment
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.history.said import find_report, read_values_at
from warehouse.metrics.anchors import measure_pull_requests
from warehouse.metrics.catalogue import compute_catalogue
from warehouse.metrics.weekly import compute_weekly_metrics
from warehouse.migrations.steps import upgrade_by_steps
from warehouse.questions.views import keep_views
from warehouse.settings import WarehouseSettings

STEP = next(
    path.name.partition("_")[0]
    for path in (Path(migrations.__file__).parent / "versions").glob("*_weeks_with_values.py")
)
NIGHT, NEXT = moment("Mon4 02:00"), moment("Tue4 02:00")
FACTS = make(
    "pr | by | opened | merged\n1 | ann | Mon 09:00 | Tue 09:00\n2 | bob | Mon3 09:00 | -",
    reviews="id | pr | by | at\nV1 | 1 | bob | Mon 12:00",
    has_people_views=True,
)


def test_only_weeks_with_something_are_stored_and_the_view_has_all(warehouse: Warehouse) -> None:
    compute(warehouse, FACTS, NIGHT)
    pull_requests, _ = measure_pull_requests(FACTS, NIGHT)
    everything = compute_weekly_metrics(FACTS, pull_requests, NIGHT)
    stored = warehouse.read("SELECT count(*) AS n, count(*) FILTER (n > 0) AS full FROM weekly_values").row(0)
    assert stored == (everything.filter(pl.col("n") > 0).height,) * 2
    assert stored[0] * 3 < everything.height
    assert _sorted(warehouse.read("SELECT * FROM weekly_metrics")).equals(_sorted(everything))


def test_a_week_that_was_empty_is_said_to_have_been_empty_once_it_is_not(warehouse: Warehouse) -> None:
    compute(warehouse, FACTS, NIGHT)
    with warehouse.cursor() as cursor:
        at = moment("Wed2 09:00")
        cursor.execute("UPDATE pull_requests SET merged_at = $at, closed_at = $at WHERE id = '1'", {"at": at})
    write_metrics(warehouse, LIVE, NEXT)
    report = find_report(warehouse, "acme", NIGHT.date(), NEXT + timedelta(hours=1))
    then = read_values_at(warehouse, report, moment("Mon2 00:00").date(), "team", None)
    merged = then.filter(pl.col("metric") == "merged_prs").row(0, named=True)
    assert (merged["value"], merged["n"], merged["is_complete"]) == (0.0, 0, True)


@pytest.mark.slow
def test_the_stored_empty_weeks_of_an_older_warehouse_go_and_nothing_is_said_to_have_changed(tmp_path: Path) -> None:
    settings = WarehouseSettings(home=tmp_path / "old", warehouse_catalog="", warehouse_data="")
    pull_requests, _ = measure_pull_requests(FACTS, NIGHT)
    dense = compute_weekly_metrics(FACTS, pull_requests, NIGHT)
    with Warehouse(settings) as warehouse:
        upgrade_by_steps(warehouse, f"{int(STEP) - 1:04d}")
        _insert(warehouse, "weekly_metrics", dense)
        _insert(warehouse, "metric_catalogue", compute_catalogue().drop("has_person_view"))
        migrations.upgrade(warehouse)
        assert _sorted(warehouse.read("SELECT * FROM weekly_metrics")).equals(_sorted(dense))
        assert not warehouse.read_one("SELECT count(*) AS n FROM weekly_values WHERE n = 0")["n"]  # type: ignore[index]
        keep_views(warehouse)
        compute(warehouse, FACTS, NIGHT + timedelta(hours=1))
        assert warehouse.read("SELECT * FROM weekly_metrics_history").is_empty()


def _insert(warehouse: Warehouse, table: str, rows: pl.DataFrame) -> None:
    with warehouse.cursor() as cursor:
        cursor.register("incoming", rows.to_arrow())
        cursor.execute(f"INSERT INTO {table} BY NAME FROM incoming")
        cursor.unregister("incoming")


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(schema.key_of(schema.weekly_metrics))
