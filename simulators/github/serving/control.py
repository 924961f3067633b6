"""Endpoints that only the simulator has, below /_simulator/: counts, faults on demand, changes of the data."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.github.serving.apps import App
from simulators.github.serving.faults import parse_faults
from simulators.github.serving.service import Service

Handler = Callable[[Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """Return the routes: GET stats, GET totals?start=&end=, POST faults ({"faults": text as for --faults}),
    DELETE faults, POST touch, POST tokens, DELETE tokens/TOKEN, POST apps, POST devices.
    """
    return [
        Route("/_simulator/stats", _stats(service)),
        Route("/_simulator/totals", _totals(service)),
        Route("/_simulator/faults", _add_faults(service), methods=["POST"]),
        Route("/_simulator/faults", _clear_faults(service), methods=["DELETE"]),
        Route("/_simulator/touch", _touch(service), methods=["POST"]),
        Route("/_simulator/tokens", _grant(service), methods=["POST"]),
        Route("/_simulator/tokens/{token}", _revoke(service), methods=["DELETE"]),
        Route("/_simulator/apps", _register(service), methods=["POST"]),
        Route("/_simulator/devices", _decide(service), methods=["POST"]),
    ]


def _stats(service: Service) -> Handler:
    async def stats(request: Request) -> Response:
        return JSONResponse(service.stats())

    return stats


def _totals(service: Service) -> Handler:
    """Return the numbers of pull requests updated in [start, end) and of their parts, by repository."""

    async def totals(request: Request) -> Response:
        return JSONResponse(service.totals(request.query_params.get("start", ""), request.query_params.get("end", "~")))

    return totals


def _add_faults(service: Service) -> Handler:
    async def add_faults(request: Request) -> Response:
        try:
            service.faults.add(*parse_faults(str((await request.json())["faults"])))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"message": str(error)}, 400)
        return JSONResponse({"waiting": [fault.kind for fault in service.faults.waiting()]})

    return add_faults


def _clear_faults(service: Service) -> Handler:
    async def clear_faults(request: Request) -> Response:
        service.faults.clear()
        return JSONResponse({"waiting": []})

    return clear_faults


def _touch(service: Service) -> Handler:
    """Move updatedAt; takes JSON {"repository": "owner/name", "number": 1, "at": "2026-..."}."""

    async def touch(request: Request) -> Response:
        asked = await request.json()
        record = service.organisation.touch(asked["repository"], int(asked["number"]), asked["at"])
        return JSONResponse({"id": record["id"], "updatedAt": record["updatedAt"]})

    return touch


def _grant(service: Service) -> Handler:
    """Make a token known; takes JSON {"token", "login", "scopes", "expires_at" (seconds since 1970)}."""

    async def grant(request: Request) -> Response:
        service.tokens.grant(**await request.json())
        return JSONResponse({"known": len(service.tokens.known)})

    return grant


def _revoke(service: Service) -> Handler:
    async def revoke(request: Request) -> Response:
        service.tokens.revoke(request.path_params["token"])
        return JSONResponse({"known": len(service.tokens.known)})

    return revoke


def _register(service: Service) -> Handler:
    """Make a GitHub App known; takes JSON {"id", "public_key" (PEM), "installations": {"1": "acme"}}."""

    async def register(request: Request) -> Response:
        asked = await request.json()
        places = {int(number): login for number, login in asked.pop("installations", {}).items()}
        service.apps.register(App(**asked, installations=places))
        return JSONResponse({"id": asked["id"]})

    return register


def _decide(service: Service) -> Handler:
    """Enter a user code and approve; takes JSON {"user_code", "login"}, login null denies."""

    async def decide(request: Request) -> Response:
        asked = await request.json()
        service.devices.decide(asked["user_code"], asked.get("login"))
        return JSONResponse({"user_code": asked["user_code"]})

    return decide
