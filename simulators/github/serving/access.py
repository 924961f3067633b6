"""How a program gets a token, over HTTP: GitHub Apps (below / and /api/v3) and the device flow (below /login)."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.github.serving import effects, replies
from simulators.github.serving.apps import App, Refused
from simulators.github.serving.faults import Asked
from simulators.github.serving.limits import Account
from simulators.github.serving.replies import Reply
from simulators.github.serving.service import Service

Handler = Callable[[Request], Awaitable[Response]]
OfApp = Callable[[Service, App, Request], Response]

# As faults choose by it: `bad-gateway-html:operation=InstallationToken`.
TOKEN_OPERATION = "InstallationToken"  # noqa: S105  (no password)
LOGIN_OPERATION = "DeviceToken"


def routes(service: Service) -> list[Route]:
    of_app: list[tuple[str, str, OfApp, str]] = [
        ("GET", "/app", _app, ""),
        ("GET", "/app/installations", _installations, "Installations"),
        ("POST", "/app/installations/{id:int}/access_tokens", _token, TOKEN_OPERATION),
    ]
    return [
        *(
            Route(prefix + path, _for_app(service, answer, operation), methods=[method])
            for method, path, answer, operation in of_app
            for prefix in ("", "/api/v3")
        ),
        Route("/login/device/code", _start_device(service), methods=["POST"]),
        Route("/login/oauth/access_token", _poll_device(service), methods=["POST"]),
    ]


def _for_app(service: Service, answer: OfApp, operation: str) -> Handler:
    async def handle(request: Request) -> Response:
        if fault := _fault(service, operation):
            return _sent(fault)
        try:
            app = service.apps.authenticate(request.headers.get("authorization", ""), service.clock())
        except Refused as error:
            return _sent(replies.message(401, str(error)))
        return answer(service, app, request)

    return handle


def _app(service: Service, app: App, request: Request) -> Response:
    return JSONResponse({"id": app.id, "slug": app.slug, "installations_count": len(app.installations)})


def _installations(service: Service, app: App, request: Request) -> Response:
    size, page = int(request.query_params.get("per_page", 30)), int(request.query_params.get("page", 1))
    return JSONResponse(service.apps.listed(app)[(page - 1) * size : page * size])


def _token(service: Service, app: App, request: Request) -> Response:
    made = service.apps.make_token(app, request.path_params["id"], service.clock())
    return JSONResponse(made, 201) if made else _sent(replies.message(404, "Not Found"))


def _start_device(service: Service) -> Handler:
    async def start(request: Request) -> Response:
        asked = await _form(request)
        web_url = str(request.base_url).rstrip("/")
        client_id, scopes = asked.get("client_id", ""), asked.get("scope", "")
        return _answered(request, service.devices.start(client_id, scopes, web_url, service.clock()))

    return start


def _poll_device(service: Service) -> Handler:
    async def poll(request: Request) -> Response:
        if fault := _fault(service, LOGIN_OPERATION):
            return _sent(fault)
        asked = await _form(request)
        client_id, code, grant = (asked.get(name, "") for name in ("client_id", "device_code", "grant_type"))
        return _answered(request, service.devices.poll(client_id, code, grant, service.clock()))

    return poll


def _fault(service: Service, operation: str) -> Reply | None:
    """What goes wrong with this very operation, if anything does."""
    found = [fault for fault in service.faults.waiting() if fault.operation == operation]
    if not found:
        return None
    taken = service.faults.take(Asked(operation))
    made = (effects.instead(fault, Account(service.limits), service.clock()) for fault in taken)
    return next((reply for reply in made if reply), None)


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        return {str(name): str(value) for name, value in orjson.loads(body or b"{}").items()}
    return dict(parse_qsl(body.decode()))


def _answered(request: Request, facts: dict[str, object]) -> Response:
    """As JSON only where that is asked for, always with HTTP 200: so GitHub does it."""
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(facts)
    return Response(urlencode(facts), media_type="application/x-www-form-urlencoded")


def _sent(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers, reply.media_type)
