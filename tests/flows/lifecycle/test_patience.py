"""A run whose warehouse on other machines goes away begins again; nothing else does."""

import asyncio
import logging
from pathlib import Path

import duckdb
import pytest

from flows.lifecycle import patience
from flows.lifecycle.patience import PAUSES, outlasts_outages
from tasks.github.api.errors import TokenRefused
from warehouse.connection import WarehouseUnreadable

AWAY = WarehouseUnreadable("The warehouse cannot be opened: connection refused")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no `.env`
    monkeypatch.setenv("PRFLOW_WAREHOUSE_CATALOG", "postgres:dbname=lake")
    monkeypatch.setattr(patience, "PAUSES", PAUSES)
    monkeypatch.setattr(patience, "get_run_logger", lambda: logging.getLogger("run"))


def play(*errors: Exception | None) -> list[float]:
    """Run a body that raises these errors one after another, None for success; return how long it slept."""
    slept, left = list[float](), list(errors)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def body(team: str) -> None:
        assert team == "acme"
        if error := left.pop(0):
            raise error

    asyncio.run(outlasts_outages(body, sleep)("acme"))  # type: ignore[arg-type]
    assert left == []
    return slept


def test_a_run_begins_again_until_its_warehouse_is_back() -> None:
    assert play(None) == []
    assert play(AWAY, duckdb.IOException("HTTP PUT error"), None) == list(PAUSES[:2])


def test_a_run_whose_warehouse_stays_away_fails_with_what_was_said() -> None:
    with pytest.raises(WarehouseUnreadable, match="connection refused"):
        play(AWAY, AWAY, AWAY, AWAY)


def test_what_stays_wrong_ends_a_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TokenRefused):
        play(TokenRefused("no"))
    monkeypatch.setenv("PRFLOW_WAREHOUSE_CATALOG", "")
    with pytest.raises(WarehouseUnreadable):  # a damaged file of this machine
        play(AWAY)
