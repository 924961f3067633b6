"""If no run does, the set-up service sees to it that people are told, once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.services.admin import alarm
from tasks.messages.alarm import sound
from tests.tasks.messages.post_office import MailBox, serving_mail
from tests.warehouse.events.rows import put_run, put_team
from warehouse.connection import Warehouse

NOW = datetime.now(UTC)


@pytest.fixture
def stale(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    """Store a team whose last good sync was 27 hours ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    put_team(warehouse)
    put_run(warehouse, "good", "completed", NOW - timedelta(hours=27))
    return warehouse


def use(monkeypatch: pytest.MonkeyPatch, box: MailBox) -> None:
    monkeypatch.setenv("PRFLOW_SMTP_TO", "lead@example.com")
    for name, value in {
        "HOST": "127.0.0.1",
        "PORT": str(box.port),
        "SECURITY": "none",
        "FROM": "p@example.com",
    }.items():
        monkeypatch.setenv(f"PRFLOW_SMTP_{name}", value)


@pytest.mark.slow
def test_the_process_of_the_set_up_service_tells_people_and_only_once(
    stale: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_mail(MailBox()) as box:
        use(monkeypatch, box)
        assert alarm.is_silent()
        alarm.start_process()
        assert not alarm.is_silent()
    [mail] = box.mails
    assert mail["Subject"] == "acme: no good sync for 27 hours"


def test_of_all_who_notice_at_once_one_tells(stale: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_mail(MailBox()) as box:
        use(monkeypatch, box)
        with ThreadPoolExecutor(3) as pool:
            for each in [pool.submit(sound) for _ in range(3)]:
                each.result()
    assert len(box.mails) == 1


def test_a_team_that_was_synced_or_whose_failures_are_known_makes_no_alarm(stale: Warehouse) -> None:
    put_run(stale, "new", "completed", NOW - timedelta(hours=1))
    assert not alarm.is_silent()


def test_the_watch_looks_until_it_is_over_and_pauses_after_an_alarm(stale: Warehouse) -> None:
    is_over, heard = threading.Event(), []

    def hear() -> None:
        heard.append(1)
        if len(heard) == 2:
            is_over.set()
        raise OSError("the process could not be started")  # the watch goes on

    alarm.watch(is_over, hear, seconds=0.001, pause_seconds=0.001)
    assert len(heard) == 2


def test_without_a_warehouse_the_watch_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    looked: list[int] = []

    class Twice(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            looked.append(1)
            return len(looked) > 2

    alarm.watch(Twice(), lambda: looked.append(9))
    assert looked == [1, 1, 1]
