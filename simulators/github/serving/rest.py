"""The few REST endpoints that clients use, below / and /api/v3: viewer, rate limit, whether an account exists."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.github.serving.replies import Reply
from simulators.github.serving.service import Service
from simulators.github.serving.tokens import AccessToken
from simulators.github.store.records import Record

Handler = Callable[[Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    bodies: dict[str, Callable[[Service, AccessToken, Request], Record | None]] = {
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


def _handler(service: Service, body: Callable[[Service, AccessToken, Request], Record | None]) -> Handler:
    async def handle(request: Request) -> Response:
        access_token = service.tokens.find(request.headers.get("authorization", ""), service.clock())
        if isinstance(access_token, Reply):
            return Response(access_token.body, access_token.status, media_type=access_token.media_type)
        found = body(service, access_token, request)
        missing = {"message": "Not Found", "status": "404"}
        return JSONResponse(
            found or missing,
            200 if found else 404,
            access_token.headers(),
        )

    return handle


def _user(service: Service, access_token: AccessToken, request: Request) -> Record:
    return _account(service.viewer(access_token))


def _rate_limit(service: Service, access_token: AccessToken, request: Request) -> Record:
    account, limits = access_token.account, access_token.account.limits
    account.start_hour(service.clock())
    graphql = {
        "limit": limits.hourly_points,
        "used": account.used,
        "remaining": limits.hourly_points - account.used,
        "reset": int(account.reset_at),
    }
    core = {"limit": 5000, "used": 0, "remaining": 5000, "reset": int(account.reset_at)}
    return {"resources": {"core": core, "graphql": graphql}, "rate": core}


def _meta(service: Service, access_token: AccessToken, request: Request) -> Record:
    return {"installed_version": "simulated", "verifiable_password_authentication": False}


def _owner(service: Service, access_token: AccessToken, request: Request) -> Record | None:
    found = service.organisation.account(request.path_params["login"])
    return found and _account(found)


def _account(account: Record) -> Record:
    return {
        "login": account["login"],
        "id": account["databaseId"],
        "node_id": account["id"],
        "type": account["__typename"],
        "name": account["name"],
        "created_at": account["createdAt"],
    }


def _repository(service: Service, access_token: AccessToken, request: Request) -> Record | None:
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
