"""The routes `GET /healthz` and `GET /metrics`.

`/healthz` says that the dashboard responds, always and to everybody. What is known of teams is told only with
PRFLOW_DASHBOARD_HAS_METRICS, and if PRFLOW_DASHBOARD_METRICS_TOKEN is set, only to who shows that token. If people log
in to the dashboard, the token must be set.
"""

import hmac
import os
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import duckdb
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.access.settings import LoginSettings
from dashboard.reading.clock import now
from dashboard.reading.monitoring.prometheus import write_metrics
from dashboard.reading.settings import PROCESS_HEADER, DashboardSettings
from warehouse.connection import Warehouse, WarehouseError
from warehouse.events.health import read_health

Found = TypeVar("Found")
NOT_STORED = {"Cache-Control": "no-store"}


def healthz(request: Request) -> Response:
    """Tell that the server responds, and which process it is; with the metrics on, how the teams stand.

    `?max_age_hours=26` makes it 503 once the last good sync of a team is older, or if the warehouse cannot be read.
    """
    process = {PROCESS_HEADER: str(os.getpid()), **NOT_STORED}
    settings = DashboardSettings()
    if not settings.has_metrics or not _may_read(request, settings):
        return PlainTextResponse("ok", headers=process)
    at, limit = now(), _read_limit(request)
    teams = _ask(read_health)
    told = [
        {
            "team": team.team_id,
            "status": team.status,
            "last_good_sync_at": team.last_good_at.isoformat() if team.last_good_at else None,
            "age_seconds": age,
            "is_stale": team.is_expected and limit is not None and age is not None and age > limit.total_seconds(),
        }
        for team in teams or []
        for age in [team.age_seconds(at)]
    ]
    is_well = teams is not None and not any(team["is_stale"] for team in told)
    body = {"status": "ok" if is_well else "unwell", "is_warehouse_readable": teams is not None, "teams": told}
    return JSONResponse(body, 200 if is_well or limit is None else 503, headers=process)


def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus; 404 unless they are switched on, 401 without the token."""
    settings = DashboardSettings()
    if not settings.has_metrics:
        return PlainTextResponse("Not found", 404)
    if not _may_read(request, settings):
        return PlainTextResponse("The token is missing or wrong.", 401, headers={"WWW-Authenticate": "Bearer"})
    body = _ask(lambda warehouse: write_metrics(warehouse, now())) or write_metrics(None, now())
    return Response(body, media_type=CONTENT_TYPE_LATEST, headers=NOT_STORED)


def _may_read(request: Request, settings: DashboardSettings) -> bool:
    token = settings.metrics_token.get_secret_value()
    shown = request.headers.get("authorization", "")
    if not token:  # who must log in to see a team is not told of it by a number either
        return not LoginSettings().is_on
    return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())


def _read_limit(request: Request) -> timedelta | None:
    """Return `?max_age_hours`; None if there is none, or none that makes sense."""
    try:
        hours = float(request.query_params.get("max_age_hours", ""))
        return timedelta(hours=hours) if hours > 0 else None
    except (ValueError, OverflowError):
        return None


def _ask(read: Callable[[Warehouse], Found]) -> Found | None:
    """Return what is read of the warehouse; None if it cannot be read, or is of an earlier version."""
    try:
        with Warehouse(read_only=True) as warehouse:
            return read(warehouse)
    except (WarehouseError, duckdb.Error, OSError):
        return None
