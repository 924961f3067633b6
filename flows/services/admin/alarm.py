"""The second alarm for nights that never come: if Prefect does nothing, the set-up service notices.

A thread looks every ten minutes whether a team had no good sync for `stale_hours`, and whether people know. If they
do not, it starts the process that tells them. The dashboard does not do it: strangers may reach that, so that it is not
told the passwords of the channels.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import duckdb

from flows.lifecycle.clock import now
from tasks.messages.environment import PROCESS_SECONDS, environment_of_channels
from tasks.messages.settings import MessageSettings
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.events.find import find_stale_teams
from warehouse.events.outbox import is_told

LOOK_SECONDS = 600.0
"""How often it looks. Prefect's own automation comes ten minutes later than the alarm is due, so one of both tells."""
PAUSE_SECONDS = 3600.0
"""How long it waits after it has told people, or could not."""
COMMAND = (sys.executable, "-m", "tasks.messages.alarm")

logger = logging.getLogger(__name__)


@asynccontextmanager
async def watching(_app: object) -> AsyncIterator[None]:
    """Watch as long as the set-up service lives."""
    is_over = threading.Event()
    thread = threading.Thread(target=watch, args=(is_over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()


def watch(
    is_over: threading.Event,
    sound: Callable[[], None] | None = None,
    seconds: float = LOOK_SECONDS,
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Look every ten minutes until it is over, for the first time after ten minutes: a start brings a sync as well."""
    wait = seconds
    while not is_over.wait(wait):
        wait = seconds
        try:
            if is_silent():
                wait = pause_seconds
                (sound or start_process)()
        except (PrflowError, duckdb.Error, OSError, subprocess.SubprocessError) as error:
            logger.warning("The alarm could not look: %s", type(error).__name__)


def is_silent() -> bool:
    """Return whether a team is stale and people have not been told of it."""
    stale_after = timedelta(hours=MessageSettings().stale_hours)
    with Warehouse(read_only=True) as warehouse:
        if not migrations.is_current(warehouse):
            return False
        stale = find_stale_teams(warehouse, now(), stale_after)
        return any(not is_told(warehouse, row["team_id"], "stale") for row in stale)


def start_process() -> None:
    """Run the process that tells people, and kill it if it does not end. It is told no token of GitHub and no key."""
    told = environment_of_channels()
    subprocess.run(COMMAND, check=True, timeout=PROCESS_SECONDS, stdin=subprocess.DEVNULL, env=told)  # noqa: S603  ours
