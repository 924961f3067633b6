"""Hosts whose catalog is in PostgreSQL share one log of requests there, and so one rate."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.llm.arrivals import max_in_window
from tasks.llm.provider.rate_limiter import RateLimiter, RateLimits, open_rate_limiter
from tasks.llm.provider.request_database import open_database
from tasks.llm.provider.request_log import RequestLog
from tests.tasks.llm.conftest import MakeSettings
from tests.warehouse.postgres_cluster import PASSWORD, Cluster, cluster, libpq_quoted
from warehouse.connection import WarehouseUnreadable
from warehouse.home.shared_database import ServerDatabase

pytestmark = pytest.mark.slow

HOUR = 3600.0


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def catalog(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the catalog of this process into PostgreSQL."""
    address = f"{server.lake} password={libpq_quoted(PASSWORD)}"
    monkeypatch.setenv("PRFLOW_WAREHOUSE_CATALOG", f"postgres:{address}")
    return address


def test_two_hosts_with_different_clocks_keep_one_rate(tmp_path: Path, catalog: str, fake_time: Any) -> None:
    def late() -> float:
        return float(fake_time()) + HOUR

    limits = RateLimits(30)
    logs = [
        RequestLog(open_database(tmp_path / host), "shared", clock()) for host, clock in (("a", fake_time), ("b", late))
    ]
    hosts = [
        RateLimiter(log, limits, clock=clock, sleep=fake_time.sleep)
        for log, clock in zip(logs, (fake_time, late), strict=True)
    ]

    async def send() -> list[float]:
        arrivals, end = [], fake_time() + 360
        while fake_time() < end:
            for host in hosts:
                host.mark_sent(await host.acquire(0))
                arrivals.append(fake_time())
        return arrivals

    arrivals = asyncio.run(send())
    for host in hosts:
        host.close()
    assert max_in_window(arrivals, [1] * len(arrivals)) <= 30
    assert len([at for at in arrivals if at >= arrivals[0] + 60]) >= 30 * 5 * 0.98
    assert min(host.requests for host in hosts) >= 80


def test_tokens_pauses_and_days_are_shared(tmp_path: Path, catalog: str, fake_time: Any) -> None:
    one, other = (RequestLog(open_database(tmp_path / host), "tokens", fake_time()) for host in "ab")
    slot = one.add(fake_time(), 500)
    one.record_usage(slot, 300, 200)
    one.pause(fake_time() + 50)
    one.pause(fake_time() + 20)
    assert [tokens for _, tokens in other.tokens_since(fake_time() - 60)] == [300]
    assert [row[1:] for row in other.minutes_since(fake_time() - 120)] == [(1, 200)]
    assert other.paused_until() == pytest.approx(fake_time() + 50, abs=5)
    assert other.nth_last_sent_at(2) is None
    for log in (one, other):
        log.close()


def test_the_log_is_found_again_after_the_server_was_away(
    server: Cluster, tmp_path: Path, catalog: str, fake_time: Any
) -> None:
    log = RequestLog(open_database(tmp_path), "away", fake_time())
    limiter = RateLimiter(log, RateLimits(30), clock=fake_time, sleep=fake_time.sleep)
    asyncio.run(limiter.acquire(0))
    with server.lake_taken_away(), pytest.raises(WarehouseUnreadable) as error:
        asyncio.run(limiter.acquire(0))
    assert "cannot be reached" in str(error.value)
    assert PASSWORD not in str(error.value)
    asyncio.run(limiter.acquire(0))
    assert len(log.tokens_since(fake_time() - 60)) == 2
    log.close()


def test_the_limiter_of_the_settings_uses_it(
    tmp_path: Path, catalog: str, make_settings: MakeSettings, fake_time: Any
) -> None:
    limiter = open_rate_limiter(make_settings(), tmp_path, clock=fake_time, sleep=fake_time.sleep)
    limiter.close()
    database = open_database(tmp_path)
    assert isinstance(database, ServerDatabase)
    database.close()
    assert not (tmp_path / "llm").exists()
