"""The panel of Data health about messages."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

from streamlit.testing.v1 import AppTest

from dashboard.pages.data_health.messages import KINDS, PROBLEMS
from dashboard.shell import navigation
from tasks.messages.write import WRITERS
from tests.warehouse.events.rows import put
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

NOW = datetime.now(UTC)


def test_every_kind_of_message_has_its_words_on_the_page() -> None:
    assert KINDS.keys() == {*WRITERS, "digest"}
    assert PROBLEMS.keys() == {"failed", "repositories", "quota", "stale", "token"}


def test_data_health_says_what_stands_and_which_message_waits_and_why(
    open_app: Callable[[Path], AppTest], seed: ModuleType, migrated: Path, tmp_path: Path
) -> None:
    home = tmp_path / "messages"
    shutil.copytree(migrated, home)
    message = {"team_id": "northwind", "kind": "failed", "created_at": NOW, "tries": 1, "channel": "mail"}
    hostile = "=1+1 <b>refused</b>"
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete", size=seed.Size(60, 40))
        since = NOW - timedelta(days=3)
        problem = {"team_id": "northwind", "cause": "failed:1", "kind": "failed", "began_at": since, "facts": "{}"}
        put(opened, "problems", problem | {"told_at": since})
        waiting = {"id": "1", "address": "lead@example.com", "state": "waiting", "error": hostile}
        sent = {"id": "2", "address": "ops@example.com", "state": "sent", "error": None}
        put(opened, "messages", message | waiting, message | sent)
    app = open_app(home).run()
    app.switch_page(str(navigation.DATA_HEALTH.script)).run()
    assert not app.exception
    assert any(f"Runs fail since {since:%-d %b %Y}" in warning.value for warning in app.warning)
    [table] = [frame.value for frame in app.dataframe if "Why not" in frame.value.columns]
    rows = {row["To"]: (row["Message"], row["State"][0], row["Why not"]) for row in table.to_dict("records")}
    assert rows["mail ops@example.com"][:2] == ("Runs fail", "Sent")
    assert rows["mail lead@example.com"] == ("Runs fail", "Waits", f"'{hostile}")
