"""What a click costs: settings and the counts of progress are made again only once something has changed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.reading import progress
from dashboard.reading.settings import DashboardSettings
from warehouse.connection import Warehouse
from warehouse.progress import read_progress
from warehouse.settings import WarehouseSettings


def test_settings_are_made_again_once_the_environment_or_the_file_has_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    first = DashboardSettings.read()
    assert DashboardSettings.read() is first
    assert type(WarehouseSettings.read()) is WarehouseSettings
    monkeypatch.setenv("PRFLOW_DASHBOARD_STALE_HOURS", "7")
    assert DashboardSettings.read().stale_hours == 7
    monkeypatch.delenv("PRFLOW_DASHBOARD_STALE_HOURS")
    (tmp_path / ".env").write_text("PRFLOW_DASHBOARD_STALE_HOURS=9\n")
    assert DashboardSettings.read().stale_hours == 9
    monkeypatch.setenv("PRFLOW_DASHBOARD_STALE_HOURS", "soon")
    with pytest.raises(ValueError, match="stale_hours"):
        DashboardSettings.read()


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch, seeded_home: Any) -> Iterator[list[str]]:
    """Count the queries of a warehouse in which a team is complete."""
    read: list[str] = []
    with Warehouse(WarehouseSettings(home=seeded_home("complete")), read_only=True) as opened:

        class Counting:
            def read(self, sql: str, parameters: Any = ()) -> Any:
                read.append(sql)
                return opened.read(sql, parameters)

        monkeypatch.setattr(progress, "warehouse", Counting)
        read.append(opened.read("SELECT team_id FROM teams")["team_id"][0])
        yield read


def test_progress_reads_each_query_once_a_snapshot_and_says_the_same(counting: list[str]) -> None:
    team, now = counting.pop(), datetime(2026, 11, 28, tzinfo=UTC)
    rows = progress.Rows(1)
    first = read_progress(rows, team, lambda _: None, now)
    queries = len(counting)
    assert queries > 2
    assert read_progress(rows, team, lambda _: None, now) == first
    assert len(counting) == queries
    assert read_progress(progress.Rows(2), team, lambda _: None, now) == first
    assert len(counting) == 2 * queries
