"""The panel of Data health about complete weeks that say something else now."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from streamlit.testing.v1 import AppTest

from dashboard.shell import navigation
from tests.warehouse.events.rows import put
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings


def test_data_health_lists_what_a_week_said_at_first_and_how_to_ask_why(
    open_app: Callable[[Path], AppTest], seed: ModuleType, migrated: Path, tmp_path: Path
) -> None:
    home = tmp_path / "moved"
    shutil.copytree(migrated, home)
    of_team = {"team_id": "northwind", "scope": "team", "scope_id": "northwind", "is_complete": True}
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete", size=seed.Size(60, 40))
        now = "SELECT * FROM weekly_metrics WHERE scope = 'team' AND metric = 'merged_prs' AND is_complete"
        week = opened.read_one(f"{now} ORDER BY week_start DESC")
        assert week is not None
        until = week["as_of"] - timedelta(days=1)
        row = of_team | {"week_start": week["week_start"], "metric": "merged_prs", "said_until": until}
        put(opened, "weekly_metrics_history", row | {"value": 4711.0, "n": 4711, "is_partial": False})
        partial = row | {"metric": "opened_prs", "value": 1.0, "n": 1, "is_partial": True}
        put(opened, "weekly_metrics_history", partial)
    app = open_app(home).run()
    app.switch_page(str(navigation.DATA_HEALTH.script)).run()
    assert not app.exception
    [table] = [frame.value for frame in app.dataframe if "Said until" in frame.value.columns]
    [row] = table.to_dict("records")
    year, number, _ = week["week_start"].isocalendar()
    assert (row["Then"], row["Now"], row["n now"]) == ("4,711", f"{week['value']:,.0f}", week["n"])
    day = until.date() - timedelta(days=1)
    assert row["Why"] == f"prflow metrics as-of {day} --week {year}-W{number:02d} --metric merged_prs"
