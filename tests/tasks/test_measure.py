"""The stages that compute numbers and insights, over a real warehouse."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from prefect.logging import disable_run_logger

from tasks.insights import compute_insights, write_insights
from tasks.measure import compute_metrics, write_metrics
from tests.tasks.stored_team import RUN, store
from tests.warehouse.insights.team import AS_OF as AFTER_EIGHT_WEEKS
from tests.warehouse.insights.team import Habit, make_team
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.registry import METRICS
from warehouse.metrics.weekly import compute_weekly_metrics
from warehouse.reads.insights import read_insights
from warehouse.settings import WarehouseSettings

FACTS = make_facts(
    pull_requests="""
        pr | opened    | merged
        1  | Mon 09:00 | Tue 09:00
        2  | Mon 09:00 | -
    """,
    reviews="""
        pr | at        | state    | body
        1  | Mon 12:00 | APPROVED | said
    """,
    commits="""
        pr | authored
        1  | Mon 08:00
    """,
)


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(
        [name for name in ("week_start", "scope", "scope_id", "metric", "pull_request_id") if name in frame]
    )


def test_what_is_written_is_what_the_functions_compute(warehouse: Warehouse) -> None:
    store(warehouse, FACTS)
    summary = write_metrics(warehouse, RUN, AS_OF)
    assert (summary.pull_requests, summary.weeks) == (2, 3)
    metrics = compute_pull_request_metrics(FACTS, AS_OF)
    assert ordered(warehouse.read("SELECT * FROM pull_request_metrics")).equals(ordered(metrics))
    weekly = compute_weekly_metrics(FACTS, metrics, AS_OF)
    assert ordered(warehouse.read("SELECT * FROM weekly_metrics")).equals(ordered(weekly))
    assert warehouse.read("SELECT metric FROM metric_catalogue").height == len(METRICS)


def test_computing_again_replaces_the_teams_rows_and_no_others(warehouse: Warehouse) -> None:
    store(warehouse, FACTS)
    write_metrics(warehouse, RUN, AS_OF)
    with warehouse.cursor() as cursor:
        for table in ("weekly_values", "weekly_calendar"):
            cursor.execute(f"UPDATE {table} SET team_id = 'other'")
    before = warehouse.read("SELECT count(*) AS n FROM weekly_metrics")["n"].item()
    for _ in range(2):
        write_metrics(warehouse, RUN, AS_OF)
    counts = dict(warehouse.read("SELECT team_id, count(*) FROM weekly_metrics GROUP BY ALL").iter_rows())
    assert counts == {"other": before, "acme": before}


def test_the_catalogue_of_metrics_is_written_only_if_it_is_not_as_stored(warehouse: Warehouse) -> None:
    store(warehouse, FACTS)
    measured = "SELECT max(snapshot_id) FROM warehouse.snapshots() WHERE changes::VARCHAR LIKE '%' || $table || '%'"
    table = warehouse.read(
        "SELECT table_id::VARCHAR AS id FROM ducklake_table_info('warehouse') WHERE table_name = 'metric_catalogue'"
    )["id"].item()
    write_metrics(warehouse, RUN, AS_OF)
    written = warehouse.read(measured, {"table": table}).item()
    write_metrics(warehouse, RUN, AS_OF)
    assert warehouse.read(measured, {"table": table}).item() == written
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE metric_catalogue SET title = 'before' WHERE metric = 'merged_prs'")
    write_metrics(warehouse, RUN, AS_OF)
    titles = warehouse.read("SELECT title FROM metric_catalogue")["title"].to_list()
    assert sorted(titles) == sorted(metric.title for metric in METRICS)


def test_a_fixed_anchor_is_the_moment_of_the_numbers_and_else_it_is_now(warehouse: Warehouse) -> None:
    store(warehouse, FACTS)
    write_metrics(warehouse, RUN, AS_OF + timedelta(days=300))
    assert warehouse.read("SELECT DISTINCT as_of FROM weekly_metrics")["as_of"].to_list() == [AS_OF]


def test_insights_are_of_the_metrics_that_were_written_last(warehouse: Warehouse) -> None:
    store(warehouse, make_team(Habit("api", prs=9, pickup=5, later=30), Habit("web", prs=5, pickup=5, later=5)))
    run = replace(RUN, as_of=AFTER_EIGHT_WEEKS)
    write_metrics(warehouse, run, AFTER_EIGHT_WEEKS)
    for _ in range(2):
        assert write_insights(warehouse, run, AFTER_EIGHT_WEEKS) == 2
    found = warehouse.read("SELECT detector FROM insights ORDER BY rank")
    assert found["detector"].to_list() == ["slowed_phase", "driving_repository"]


def test_an_insight_keeps_its_beginning_and_is_resolved_once_it_is_not_found(warehouse: Warehouse) -> None:
    store(warehouse, make_team(Habit("api", prs=9, pickup=5, later=30), Habit("web", prs=5, pickup=5, later=5)))
    run = replace(RUN, as_of=AFTER_EIGHT_WEEKS)
    write_metrics(warehouse, run, AFTER_EIGHT_WEEKS)
    nights = [AFTER_EIGHT_WEEKS + timedelta(days=day) for day in range(3)]
    for night in nights[:2]:
        write_insights(warehouse, run, night)
    with warehouse.cursor() as cursor:
        cursor.execute("DELETE FROM pull_request_metrics")
    assert write_insights(warehouse, run, nights[2]) == 0
    rows = warehouse.read("SELECT DISTINCT first_seen_at, last_seen_at, resolved_at FROM insights")
    assert rows.rows() == [(nights[0], nights[1], nights[2])]
    assert read_insights(warehouse, "acme", nights[2].date()).is_empty()


def test_a_stage_of_an_unknown_team_raises(warehouse: Warehouse) -> None:
    with pytest.raises(UnknownTeam):
        write_metrics(warehouse, RUN, AS_OF)
    with pytest.raises(LookupError):
        write_insights(warehouse, RUN, AS_OF)


def test_the_tasks_open_the_warehouse_of_the_settings(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse_settings.home))
    store(warehouse, FACTS)
    with disable_run_logger():
        assert compute_metrics.fn(RUN, AS_OF).pull_requests == 2
        assert compute_insights.fn(RUN, AS_OF) == 1
