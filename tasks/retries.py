"""When Prefect tries a task again."""

import sqlite3
from typing import Any

import duckdb
from prefect.client.schemas.objects import State


def is_machine_fault(_task: object, _run: object, state: State[Any]) -> bool:
    """True for faults that another try may not meet; those of GitHub and models were tried by their clients."""
    return isinstance(state.data, OSError | duckdb.Error | sqlite3.Error)
