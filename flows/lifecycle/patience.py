"""A run whose warehouse goes away begins again once it may be back, and goes on with what is stored."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

from prefect import get_run_logger

from flows.lifecycle.explain import describe
from tasks.retries import may_pass
from warehouse.home.object_store import is_remote
from warehouse.settings import WarehouseSettings

P = ParamSpec("P")
PAUSES = (60.0, 120.0, 240.0)
"""Seconds before each new beginning. Tasks have tried again before that (tasks/retries.py)."""


def outlasts_outages(
    body: Callable[P, Awaitable[None]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Callable[P, Awaitable[None]]:
    """Run the body of a flow again if its warehouse, on other machines, was away: each step passes over what is done.

    Not one in files of this machine: what is wrong with those stays so. Stands directly above the function.
    """

    @wraps(body)
    async def run(*args: P.args, **kwargs: P.kwargs) -> None:
        for pause in PAUSES:
            try:
                return await body(*args, **kwargs)
            except Exception as error:
                if not (may_pass(error) and is_elsewhere(WarehouseSettings())):
                    raise
                get_run_logger().warning("%s The run goes on in %.0f s.", describe(error)[0], pause)
            await sleep(pause)
        return await body(*args, **kwargs)

    return run


def is_elsewhere(settings: WarehouseSettings) -> bool:
    """Return whether catalog or data files are on a server, which may go away and return."""
    return settings.catalog.startswith("postgres") or is_remote(settings.data_path)
