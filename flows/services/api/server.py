"""`python -m flows.services.api.server`: the API for programs.

Whoever asks shows a key, which reads one team. Nothing can be changed through it. It listens on this machine unless
PRFLOW_API_ADDRESS says otherwise, answers to its own host names alone, and exists only with ENABLE_API_KEYS.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from io import BytesIO
from math import ceil

import duckdb
import polars as pl
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.reading.settings import PROCESS_HEADER
from flows.lifecycle.clock import now
from flows.services.api import answers
from flows.services.api.limits import RateLimit
from flows.services.api.openapi import ARROW, describe
from flows.services.api.opened import OpenedWarehouse
from flows.services.api.settings import ApiSettings
from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import BadArgument, PrflowError
from warehouse.flags import FeatureFlags
from warehouse.guard.untrusted import one_line
from warehouse.keys.api_keys import KnownKey, check_key, is_use_due, note_use
from warehouse.settings import WarehouseSettings

HEALTH = "/healthz"
MAX_AT_ONCE = 4
NOT_STORED = {"Cache-Control": "no-store", "Vary": "Authorization, Accept"}
NO_KEY = "Show a key: Authorization: Bearer prflow_..."
Read = Callable[[Warehouse, str, answers.Parameters, datetime], pl.DataFrame]
ROUTES: dict[str, Read] = {
    "/v1/status": answers.read_status,
    "/v1/metrics": answers.read_metrics,
    "/v1/prs-behind": answers.read_prs_behind,
    "/v1/insights": answers.read_insights_of,
}


def application(
    settings: ApiSettings,
    warehouse: WarehouseSettings,
    clock: Callable[[], datetime] = now,
    seconds: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Return the service over a warehouse. A key is looked up for each request: one that is revoked ends at once."""
    limit, slots = RateLimit(settings.requests_a_minute, seconds), asyncio.Semaphore(MAX_AT_ONCE)
    opened = OpenedWarehouse(warehouse)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        opened.close()

    def endpoint(read: Read) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            async with slots:
                return await asyncio.to_thread(_respond, request, read, opened, limit, clock())

        return respond

    return Starlette(
        routes=[
            Route(HEALTH, _healthz),
            Route("/v1/openapi.json", _openapi),
            *(Route(path, endpoint(read), methods=["GET"]) for path, read in ROUTES.items()),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=settings.host_names, www_redirect=False)],
        lifespan=lifespan,
    )


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok", headers={PROCESS_HEADER: str(os.getpid())})


async def _openapi(_: Request) -> Response:
    return JSONResponse(describe())


def _respond(request: Request, read: Read, opened: OpenedWarehouse, limit: RateLimit, at: datetime) -> Response:
    try:
        warehouse = opened.get()
        key = _find_key(request, warehouse)
        if key is None:
            return _refuse(401, "The key is missing, wrong or revoked.", NO_KEY, {"WWW-Authenticate": "Bearer"})
        if wait := limit.take(key.id):
            words = f"This key has sent its requests of the minute. Go on in {ceil(wait)} seconds."
            return _refuse(429, words, "", {"Retry-After": str(ceil(wait))})
        _note_use(opened.settings, key, at)
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        return _write(request, answers.plain(read(warehouse, key.team_id, given, at)))
    except BadArgument as error:
        return _refuse(400, str(error), error.hint)
    except (PrflowError, duckdb.Error) as error:
        if isinstance(error, WarehouseError | duckdb.Error):
            opened.close()
        return _refuse(503, "The warehouse cannot be read at present.", "Try again later.", {"Retry-After": "30"})


def _find_key(request: Request, warehouse: Warehouse) -> KnownKey | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    is_bearer = scheme.lower() == "bearer" and bool(value.strip())
    return check_key(warehouse, value.strip()) if is_bearer else None


def _note_use(settings: WarehouseSettings, key: KnownKey, at: datetime) -> None:
    """Note when the key was used; a warehouse that takes no writing at present is no reason not to answer."""
    if not is_use_due(key, at):
        return
    try:
        with Warehouse(settings) as warehouse:
            note_use(warehouse, key, at)
    except (WarehouseError, duckdb.Error):
        return


def _write(request: Request, rows: pl.DataFrame) -> Response:
    """Return the rows in the form that was asked for: a stream of Arrow, or JSON."""
    accepted = request.headers.get("accept", "*/*")
    if ARROW in accepted:
        buffer = BytesIO()
        rows.write_ipc_stream(buffer, compat_level=pl.CompatLevel.oldest())  # as readers of any age know it
        return Response(buffer.getvalue(), media_type=ARROW, headers=NOT_STORED)
    body = json.dumps({"rows": rows.to_dicts()}, default=_plain, allow_nan=False)
    return Response(body, media_type="application/json", headers=NOT_STORED)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _refuse(status: int, message: str, hint: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"error": one_line(message), "hint": one_line(hint)}, status, headers=NOT_STORED | (headers or {})
    )


def main() -> None:
    """Serve until a signal ends it; exit code 1 while the flag is off."""
    if not FeatureFlags().enable_api_keys:
        print("The API is switched off. Set ENABLE_API_KEYS=true.", file=sys.stderr)
        sys.exit(1)
    settings = ApiSettings()
    app = application(settings, WarehouseSettings())
    uvicorn.run(app, host=settings.address, port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
