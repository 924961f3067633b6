"""What only a simulator has: counts, faults on demand, changes of the data while it runs. Under /_simulator/."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tasks.github.simulator.faults import parse_faults
from tasks.github.simulator.service import Service

Handler = Callable[[Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """GET stats, GET totals?start=&end=, POST faults (text as for --faults), DELETE faults, POST touch."""
    return [
        Route("/_simulator/stats", _stats(service)),
        Route("/_simulator/totals", _totals(service)),
        Route("/_simulator/faults", _add_faults(service), methods=["POST"]),
        Route("/_simulator/faults", _clear_faults(service), methods=["DELETE"]),
        Route("/_simulator/touch", _touch(service), methods=["POST"]),
    ]


def _stats(service: Service) -> Handler:
    async def stats(request: Request) -> Response:
        return JSONResponse(service.stats())

    return stats


def _totals(service: Service) -> Handler:
    """Pull requests updated in [start, end), and what they hold, by repository."""

    async def totals(request: Request) -> Response:
        return JSONResponse(service.totals(request.query_params.get("start", ""), request.query_params.get("end", "~")))

    return totals


def _add_faults(service: Service) -> Handler:
    async def add_faults(request: Request) -> Response:
        try:
            service.faults.add(*parse_faults((await request.body()).decode()))
        except (ValueError, TypeError) as error:
            return JSONResponse({"message": str(error)}, 400)
        return JSONResponse({"waiting": [fault.kind for fault in service.faults.waiting()]})

    return add_faults


def _clear_faults(service: Service) -> Handler:
    async def clear_faults(request: Request) -> Response:
        service.faults.clear()
        return JSONResponse({"waiting": []})

    return clear_faults


def _touch(service: Service) -> Handler:
    """JSON {"repository": "owner/name", "number": 1, "at": "2026-..."}: moves updatedAt."""

    async def touch(request: Request) -> Response:
        asked = await request.json()
        record = service.organisation.touch(asked["repository"], int(asked["number"]), asked["at"])
        return JSONResponse({"id": record["id"], "updatedAt": record["updatedAt"]})

    return touch
