"""Tell people: note what happened, announce it in Prefect, and send what waits.

Called where a run has begun or has ended. Nothing that fails here fails a run, or keeps it from going on: messages are
sent by a process of its own, for two minutes at the most.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from prefect import Flow, State
from prefect.client.schemas.objects import FlowRun

from flows.lifecycle.clock import now
from flows.lifecycle.explain import describe
from tasks.messages.addresses import address_book, open_channels
from tasks.messages.sending import Delivered, Sending, start
from tasks.messages.settings import MessageSettings
from tasks.notify import emit
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.events.find import find_events
from warehouse.events.outbox import add_message, has_waiting, note_events
from warehouse.events.problems import Notice
from warehouse.metrics.weeks import last_week

logger = logging.getLogger(__name__)
_under_way: list[Sending] = []


def tell(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tell people how a run has ended (a hook at its end). The run is over by now, so that nothing waits for it."""
    _finish()
    tell_people()


def tell_people() -> Delivered:
    """Note what happened since this was last called, whoever did it, and send what waits; log what fails."""
    with suppress(WarehouseMissing):
        try:
            return _tell()
        except WarehouseMissing:
            raise
        except Exception as error:  # noqa: BLE001  the flow boundary: a message is never worth a run
            logger.warning("Messages could not be sent: %s", describe(error)[0])
    return Delivered()


def add_digests() -> int:
    """Add the digest of the last complete week for each team that is synced; return how many addresses get one."""
    try:
        with Warehouse(read_only=True):
            pass
    except WarehouseMissing:
        return 0  # before the first team
    with Warehouse() as warehouse:
        migrations.upgrade(warehouse)
        find_addresses = address_book(warehouse)
        added = 0
        for team_id, timezone in warehouse.read(_SYNCED).iter_rows():
            week = last_week(timezone, now()).isoformat()
            notice = Notice(team_id, "digest", f"digest:{week}", {"week": week})
            added += add_message(warehouse, notice, find_addresses(team_id), now())
        return added


def announce(warehouse: Warehouse) -> None:
    """Note that a run began. A message of that is sent beside the run, which does not wait for it."""
    try:
        _note(warehouse)
        if has_waiting(warehouse, now()) and open_channels():
            _under_way.append(start())
    except Exception as error:  # noqa: BLE001  the flow boundary: a message is never worth a run
        logger.warning("Messages could not be sent: %s", describe(error)[0])


def _tell() -> Delivered:
    with Warehouse(read_only=True):
        pass  # opening it for writing would create one
    with Warehouse() as warehouse:
        if not migrations.is_current(warehouse):
            return Delivered()  # the next run brings it up to date first
        _note(warehouse)
        is_to_send = has_waiting(warehouse, now()) and bool(open_channels())
    return start().finish() if is_to_send else Delivered()


def _note(warehouse: Warehouse) -> None:
    stale_after = timedelta(hours=MessageSettings().stale_hours)
    found = find_events(warehouse, now(), stale_after)
    for event in note_events(warehouse, found, address_book(warehouse), now()):
        emit(event)


def _finish() -> None:
    """Wait for what is sent beside a run before its process ends, for two minutes since it began at the most."""
    while _under_way:
        try:
            _under_way.pop().finish()
        except Exception as error:  # noqa: BLE001  the same, of another process
            logger.warning("Messages could not be sent: %s", describe(error)[0])


_SYNCED = """
SELECT team_id, coalesce(timezone, 'UTC') FROM teams
WHERE status IN ('complete', 'phase1_complete', 'background_syncing', 'background_llm')
  AND NOT coalesce(is_paused, false) AND NOT coalesce(is_simulated, false) AND NOT coalesce(is_as_of_fixed, false)
ORDER BY team_id
"""
