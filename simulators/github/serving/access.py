"""The endpoints that issue tokens: GitHub Apps (below / and /api/v3) and the device flow (below /login)."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.github.serving import effects, replies
from simulators.github.serving.apps import App, AssertionRejected
from simulators.github.serving.faults import RequestProfile
from simulators.github.serving.limits import Account
from simulators.github.serving.replies import Reply
from simulators.github.serving.service import Service

Handler = Callable[[Request], Awaitable[Response]]
OfApp = Callable[[Service, App, Request], Response]

# The names by which faults select these requests: `bad-gateway-html:operation=InstallationToken`.
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
            Route(prefix + path, _for_app(service, respond, operation), methods=[method])
            for method, path, respond, operation in of_app
            for prefix in ("", "/api/v3")
        ),
        Route("/login/device/code", _start_device(service), methods=["POST"]),
        Route("/login/oauth/access_token", _poll_device(service), methods=["POST"]),
    ]


def _for_app(service: Service, respond: OfApp, operation: str) -> Handler:
    async def handle(request: Request) -> Response:
        if fault := _fault(service, operation):
            return _as_response(fault)
        try:
            app = service.apps.authenticate(request.headers.get("authorization", ""), service.clock())
        except AssertionRejected as error:
            return _as_response(replies.message(401, str(error)))
        return respond(service, app, request)

    return handle


def _app(service: Service, app: App, request: Request) -> Response:
    return JSONResponse({"id": app.id, "slug": app.slug, "installations_count": len(app.installations)})


def _installations(service: Service, app: App, request: Request) -> Response:
    size, page = int(request.query_params.get("per_page", 30)), int(request.query_params.get("page", 1))
    return JSONResponse(service.apps.listed(app)[(page - 1) * size : page * size])


def _token(service: Service, app: App, request: Request) -> Response:
    made = service.apps.make_token(app, request.path_params["id"], service.clock())
    return JSONResponse(made, 201) if made else _as_response(replies.message(404, "Not Found"))


def _start_device(service: Service) -> Handler:
    async def start(request: Request) -> Response:
        form = await _form(request)
        web_url = str(request.base_url).rstrip("/")
        client_id, scopes = form.get("client_id", ""), form.get("scope", "")
        return _respond(request, service.devices.start(client_id, scopes, web_url, service.clock()))

    return start


def _poll_device(service: Service) -> Handler:
    async def poll(request: Request) -> Response:
        if fault := _fault(service, LOGIN_OPERATION):
            return _as_response(fault)
        form = await _form(request)
        client_id, code, grant = (form.get(name, "") for name in ("client_id", "device_code", "grant_type"))
        return _respond(request, service.devices.poll(client_id, code, grant, service.clock()))

    return poll


def _fault(service: Service, operation: str) -> Reply | None:
    """Return the response of a fault for this operation, if one is due."""
    found = [fault for fault in service.faults.waiting() if fault.operation == operation]
    if not found:
        return None
    taken = service.faults.take(RequestProfile(operation))
    made = (effects.replacement(fault, Account(service.limits), service.clock()) for fault in taken)
    return next((reply for reply in made if reply), None)


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        return {str(name): str(value) for name, value in orjson.loads(body or b"{}").items()}
    return dict(parse_qsl(body.decode()))


def _respond(request: Request, facts: dict[str, object]) -> Response:
    """Return JSON only if the request accepts it, always with HTTP 200, as GitHub does."""
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(facts)
    return Response(urlencode(facts), media_type="application/x-www-form-urlencoded")


def _as_response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers, reply.media_type)
