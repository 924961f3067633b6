"""The route `GET /api/status`: the progress of a team as JSON, for monitors and bots."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from dashboard.access.rule import What, may
from dashboard.reading.person import of_cookies
from dashboard.reading.runs import team_progress
from dashboard.reading.status_json import make_status
from warehouse.connection import Warehouse, WarehouseError, WarehouseMissing
from warehouse.progress import STAGES, Progress, Status
from warehouse.reads.teams import read_latest_team

REFUSED = {"error": "You may not see this team.", "error_hint": "Log in, and name a team of yours with ?team=OWNER."}
NOT_STORED = {"Cache-Control": "no-store"}


def status(request: Request) -> JSONResponse:
    """Return the progress of `?team=`, or of the team whose run began last."""
    who = of_cookies(request.cookies)
    try:
        with Warehouse(read_only=True) as warehouse:
            team = request.query_params.get("team", "").strip().lower() or read_latest_team(warehouse)
            if team and not may(who, What.SEE, team):
                return JSONResponse(REFUSED, status_code=403, headers=NOT_STORED)
            progress = team_progress(team, warehouse)
    except WarehouseMissing:
        progress = Progress("", "", Status.NOT_STARTED, 0.0, STAGES[Status.NOT_STARTED], "Nothing was fetched yet.")
    except WarehouseError as error:
        return JSONResponse({"error": str(error), "error_hint": error.hint}, status_code=503)
    is_unknown = progress.status is Status.NOT_STARTED and "team" in request.query_params
    return JSONResponse(make_status(progress), status_code=404 if is_unknown else 200, headers=NOT_STORED)
