"""The little of GitHub's REST that is used: who am I, what is left, does it exist. Below / and below /api/v3."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.github.serving.bearers import Bearer
from simulators.github.serving.replies import Reply
from simulators.github.serving.service import Service
from simulators.github.store.records import Record

Body = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    bodies: dict[str, Callable[[Service, Bearer, Request], Body | None]] = {
        "/user": _user,
        "/rate_limit": _rate_limit,
        "/meta": _meta,
        "/orgs/{login}": _owner,
        "/users/{login}": _owner,
        "/repos/{owner}/{name}": _repository,
    }
    return [
        Route(prefix + path, _handler(service, body)) for path, body in bodies.items() for prefix in ("", "/api/v3")
    ]


def _handler(service: Service, body: Callable[[Service, Bearer, Request], Body | None]) -> Handler:
    async def handle(request: Request) -> Response:
        bearer = service.bearers.find(request.headers.get("authorization", ""), service.clock())
        if isinstance(bearer, Reply):
            return Response(bearer.body, bearer.status, media_type=bearer.media_type)
        found = body(service, bearer, request)
        missing = {"message": "Not Found", "status": "404"}
        return JSONResponse(
            found or missing,
            200 if found else 404,
            bearer.headers(),
        )

    return handle


def _user(service: Service, bearer: Bearer, request: Request) -> Body:
    return _account(service.viewer(bearer))


def _rate_limit(service: Service, bearer: Bearer, request: Request) -> Body:
    account, limits = bearer.account, bearer.account.limits
    account.turn_hour(service.clock())
    graphql = {
        "limit": limits.hourly_points,
        "used": account.used,
        "remaining": limits.hourly_points - account.used,
        "reset": int(account.reset_at),
    }
    core = {"limit": 5000, "used": 0, "remaining": 5000, "reset": int(account.reset_at)}
    return {"resources": {"core": core, "graphql": graphql}, "rate": core}


def _meta(service: Service, bearer: Bearer, request: Request) -> Body:
    return {"installed_version": "simulated", "verifiable_password_authentication": False}


def _owner(service: Service, bearer: Bearer, request: Request) -> Body | None:
    found = service.organisation.account(request.path_params["login"])
    return found and _account(found)


def _account(account: Record) -> Body:
    return {
        "login": account["login"],
        "id": account["databaseId"],
        "node_id": account["id"],
        "type": account["__typename"],
        "name": account["name"],
        "created_at": account["createdAt"],
    }


def _repository(service: Service, bearer: Bearer, request: Request) -> Body | None:
    found = service.organisation.repository(f"{request.path_params['owner']}/{request.path_params['name']}")
    return found and {
        "id": found["databaseId"],
        "node_id": found["id"],
        "name": found["name"],
        "archived": found["isArchived"],
        "full_name": service.organisation.full_name(found),
        "private": found["isPrivate"],
        "fork": found["isFork"],
        "default_branch": found["defaultBranch"],
        "pushed_at": found["pushedAt"],
    }
