"""A run whose process is alive says so if it was marked as crashed.

An automation of prefect.yaml marks runs whose heartbeats are missing. They are missing as well after the server was
away, or after the machine slept. So a thread of each run looks at its state every few seconds, and takes the mark back.
"""

import contextvars
import logging
import threading
from typing import Any
from uuid import UUID

import duckdb
import httpx
from prefect import Flow, State, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectException
from prefect.states import Running

from flows.lifecycle.clock import now
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.progress import RunState, resume_run

# Less than the time for which the warehouse does not believe the mark (`warehouse.progress.values.GRACE`).
LOOK_SECONDS = 10.0
TIMEOUT_SECONDS = 10.0
MESSAGE = "The run is alive: its heartbeats were lost while the server was away or the machine slept."

logger = logging.getLogger(__name__)


class Watch:
    """Looks at the state of one run until it is stopped."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._is_over = threading.Event()
        self._looking = threading.Lock()
        self._has_contradicted = False

    def start(self) -> None:
        """Look every LOOK_SECONDS from a thread, which knows the same Prefect server as the run."""
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._look_until_over,), daemon=True).start()

    def _look_until_over(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            try:
                self.look()
            except (httpx.HTTPError, PrefectException, PrflowError, duckdb.Error) as error:
                logger.debug("The state of the run could not be read: %s", type(error).__name__)

    def look(self) -> None:
        """Take back a mark that the run has crashed. It would have ended if that were true."""
        with self._looking, _open_client() as client:
            if self._is_over.is_set() or not _is_marked(client, self._run_id):
                return
            self._has_contradicted = True
            client.set_flow_run_state(self._run_id, Running(message=MESSAGE), force=True)
            with Warehouse() as warehouse:
                resume_run(warehouse, str(self._run_id), now())

    def stop(self, state: State[Any]) -> None:
        """Stop looking: the run has come into its last state, which a look at the same time must not have replaced."""
        self._is_over.set()
        with self._looking:
            if self._has_contradicted:
                with _open_client() as client:
                    if client.read_flow_run(self._run_id).state_name != state.name:
                        client.set_flow_run_state(self._run_id, state, force=True)


_watches: dict[UUID, Watch] = {}


def say_alive(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Begin to watch the run's state (on_running)."""
    watch = _watches[flow_run.id] = Watch(flow_run.id)
    watch.start()


def stop_saying(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """End that; for every hook at the end of a run. In another process than the run's it does nothing."""
    if watch := _watches.pop(flow_run.id, None):
        watch.stop(state)


def _is_marked(client: SyncPrefectClient, run_id: UUID) -> bool:
    return RunState.from_prefect(client.read_flow_run(run_id).model_dump(mode="json")).is_silent


def _open_client() -> SyncPrefectClient:
    return get_client(httpx_settings={"timeout": TIMEOUT_SECONDS}, sync_client=True)
