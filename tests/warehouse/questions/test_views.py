"""The views hold the rows behind every metric: as many as its n in every week, and its value comes out of them."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.recorded_data import ROOT, SECP256K1
from tests.tasks.stored_team import store
from tests.warehouse.metrics.recorded import AS_OF as RECORDED_AS_OF
from tests.warehouse.metrics.recorded import read_secp256k1
from tests.warehouse.metrics.tables import AS_OF
from tests.warehouse.questions.behind import find_differences
from tests.warehouse.questions.hard_weeks import FACTS
from warehouse.connection import Warehouse
from warehouse.measure import measure_team
from warehouse.metrics.registry import METRICS
from warehouse.questions.views import VIEWS, keep_views
from warehouse.schema import views


def test_the_rows_of_the_views_give_every_stored_n_and_value(warehouse: Warehouse) -> None:
    store(warehouse, FACTS)
    measure_team(warehouse, "acme", AS_OF)
    assert find_differences(warehouse).rows() == []
    assert find_differences_by_hand(warehouse) == {}  # five metrics, from the tables that GitHub's answers fill
    approvals = warehouse.read("FROM reviews_behind WHERE metric = 'approval_without_comment_share'")
    assert sorted(approvals["review_id"]) == ["a", "b", "f", "g"]
    stale = warehouse.read("FROM open_pull_requests_behind WHERE metric = 'stale_prs' ORDER BY ALL")
    assert stale.select(pl.col("week_start").cast(pl.String), "pull_request_id").rows() == [
        ("2026-08-10", "5"),
        ("2026-08-17", "5"),
    ]


@pytest.mark.slow
@pytest.mark.skipif(not SECP256K1.exists(), reason="the recorded pull requests are not at hand")
def test_so_they_do_of_the_recorded_pull_requests_of_20_months(warehouse: Warehouse) -> None:
    store(warehouse, replace(read_secp256k1(datetime(2025, 1, 1, tzinfo=UTC)), timezone="Australia/Lord_Howe"))
    measure_team(warehouse, "bitcoin-core", RECORDED_AS_OF)
    assert find_differences(warehouse).rows() == []
    assert find_differences_by_hand(warehouse) == {}


def find_differences_by_hand(warehouse: Warehouse) -> dict[str, list[object]]:
    """Return the rows in which the queries of docs/sql.md differ from the stored weeks of the team, by metric."""
    found = {}
    queries = re.findall(r"^-- (\w+)\n(.*?)^```", (ROOT / "docs" / "sql.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(queries) == 5
    for metric, sql in queries:
        by_hand = warehouse.read(sql.strip().rstrip(";")).select("week_start", pl.col("n").cast(int), "value")
        stored = warehouse.read(
            "SELECT week_start, n, value FROM weekly_metrics WHERE metric = ? AND scope = 'team' AND n > 0", [metric]
        )
        kept = by_hand.filter(pl.col("week_start") >= stored["week_start"].min())
        assert stored.height > 0
        both = stored.join(kept, on=["week_start", "n"], how="full", coalesce=True, suffix="_by_hand")
        is_same = (pl.col("value") - pl.col("value_by_hand")).abs() < 1e-9
        if rows := both.filter(~is_same.fill_null(value=False)).rows():
            found[metric] = list(rows)
    return found


def test_each_metric_is_in_one_view_and_a_view_is_written_once(warehouse: Warehouse) -> None:
    store(warehouse, FACTS)
    measure_team(warehouse, "acme", AS_OF)
    names = warehouse.read("SELECT view_name FROM duckdb_views() WHERE database_name = 'warehouse'")["view_name"]
    assert set(names) == {*VIEWS.values(), *views()}
    before = warehouse.snapshot_id()
    assert not keep_views(warehouse)
    assert warehouse.snapshot_id() == before
    assert {metric.source for metric in METRICS} == VIEWS.keys()
