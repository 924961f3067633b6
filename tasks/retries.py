"""When Prefect runs a task again."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final, TypedDict

import duckdb
from prefect.client.schemas.objects import State


def is_machine_fault(_task: object, _run: object, state: State[Any]) -> bool:
    """Return whether another try may succeed. Errors of GitHub and models were already retried by their clients."""
    return isinstance(state.data, OSError | duckdb.Error | sqlite3.Error)


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
