"""When Prefect runs a task again."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final, TypedDict

import duckdb
from prefect.client.schemas.objects import State

from warehouse.connection import WarehouseNewer, WarehouseUnreadable


def may_pass(error: object) -> bool:
    """Return whether another try may succeed. Errors of GitHub and models were already retried by their clients.

    A warehouse that cannot be opened, or whose leases cannot be reached, may be back: its server restarts, say.
    """
    if isinstance(error, WarehouseNewer):
        return False
    return isinstance(error, OSError | duckdb.Error | sqlite3.Error | WarehouseUnreadable)


def is_machine_fault(_task: object, _run: object, state: State[Any]) -> bool:
    """Return the same of how a task ended, for Prefect."""
    return may_pass(state.data)


class Retries(TypedDict):
    """The arguments of Prefect's `@task` that concern retries."""

    retries: int
    retry_delay_seconds: float
    retry_jitter_factor: float
    retry_condition_fn: Callable[[Any, Any, State[Any]], bool]


RETRIES: Final[Retries] = {
    "retries": 3,
    "retry_delay_seconds": 60,
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": is_machine_fault,
}
