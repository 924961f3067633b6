"""When Prefect tries a task again."""

import sqlite3
from types import SimpleNamespace

import duckdb
import pytest

from tasks.github.api.errors import TokenRefused
from tasks.llm.errors import KeyRefused
from tasks.retries import is_machine_fault
from warehouse.connection import WarehouseNewer, WarehouseUnreadable


@pytest.mark.parametrize(
    "error",
    [
        OSError("disk full"),
        duckdb.IOException("locked"),
        sqlite3.OperationalError("locked"),
        WarehouseUnreadable("The warehouse cannot be opened: connection refused"),
    ],
)
def test_the_machines_faults_are_tried_again(error: Exception) -> None:
    assert is_machine_fault(None, None, SimpleNamespace(data=error))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error", [ValueError("GITHUB_TOKEN"), TokenRefused("no"), KeyRefused("no"), WarehouseNewer("0099"), None]
)
def test_what_another_try_would_meet_again_is_not(error: Exception | None) -> None:
    assert not is_machine_fault(None, None, SimpleNamespace(data=error))  # type: ignore[arg-type]
