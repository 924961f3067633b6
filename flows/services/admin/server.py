"""`python -m flows.services.admin.server PORT [FD]`: the set-up service on this machine, for the dashboard alone.

FD is a socket that listens on PORT already, as for Prefect's server. Whoever asks shows the key of the home. The key is
the dashboard's; who the person before it is, it says in a header, and the rule decides here again. Without a login it
says nothing about the person: with PRFLOW_DASHBOARD_HAS_SETTINGS=false, all is refused.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import uvicorn
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.access.rule import EVERY_TEAM, LOCAL, What, may
from dashboard.access.settings import LoginSettings
from dashboard.reading.admin import (
    PERSON_HEADER,
    REFUSED,
    SWITCHED_OFF,
    Chosen,
    GoTo,
    LeftOut,
    OwnerChoices,
    PastedToken,
    Problem,
    Start,
    hear_who,
)
from dashboard.reading.admin_team import BotDecision, Choices, JiraGiven, KeyId, KeyName, Names, NewToken, Rules
from dashboard.reading.person import identify_claims
from dashboard.reading.settings import PROCESS_HEADER, DashboardSettings, pinned
from flows.services.admin.alarm import watching
from flows.services.admin.key import read_key
from flows.services.admin.steps import SetUpSteps
from flows.services.admin.team import TeamChanges
from flows.services.admin.words import explain
from flows.services.needs_key import NeedsKey
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.identity.teams import find_team
from warehouse.settings import WarehouseSettings

SHUTDOWN_SECONDS = 3
HEALTH = "/healthz"
M = TypeVar("M", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


def application(home: Path, key: str) -> Starlette:
    """Return the service over the warehouse of the settings."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with Warehouse() as warehouse:
            async with watching(app):
                app.state.steps = SetUpSteps(home, warehouse)
                app.state.teams = TeamChanges(warehouse, app.state.steps.tokens)
                yield
                await app.state.steps.end()

    refusal = _respond(Problem(message="This is for prflow's dashboard only."), 401)
    return Starlette(
        routes=[
            Route(HEALTH, _healthz),
            *(Route(path, _handler(_of_set_up(work)), methods=[method]) for method, path, work in ROUTES),
            *(
                Route(f"/teams/{{team}}/{path}", _handler(_of_team(work)), methods=[method])
                for method, path, work in TEAM_ROUTES
            ),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
            Middleware(NeedsKey, key=key, refusal=refusal, open_paths={HEALTH}),
        ],
        lifespan=lifespan,
    )


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok", headers={PROCESS_HEADER: str(os.getpid())})


Work = Callable[[SetUpSteps, bytes], Awaitable[BaseModel]]
TeamWork = Callable[[TeamChanges, str, bytes], Awaitable[BaseModel]]
Answer = Callable[[Request], Awaitable[BaseModel]]


class NotAllowed(PrflowError):
    """The rule does not let the person who asks do this."""


def _require(request: Request, what: What, team: str) -> None:
    """Raise NotAllowed unless the person whom the dashboard names may do this: pages may forget to ask."""
    settings = LoginSettings()
    claims = hear_who(request.headers.get(PERSON_HEADER, ""))
    if not may(identify_claims(settings, claims) if settings.is_on else LOCAL, what, team):
        raise NotAllowed


def _of_set_up(work: Work) -> Answer:
    async def answer(request: Request) -> BaseModel:
        _require(request, What.SET_UP, EVERY_TEAM)
        return await work(request.app.state.steps, await request.body())

    return answer


def _of_team(work: TeamWork) -> Answer:
    async def answer(request: Request) -> BaseModel:
        name = request.path_params["team"]
        # By its id, since a team may have had another name; whoever may not is not told whether there is one.
        team_id = await asyncio.to_thread(find_team, request.app.state.teams.warehouse, name)
        _require(request, What.DECIDE, team_id or name)
        return await work(request.app.state.teams, name, await request.body())

    return answer


def _handler(answer: Answer) -> Endpoint:
    async def handle(request: Request) -> Response:
        if not DashboardSettings().has_settings:
            return _respond(SWITCHED_OFF, 403)
        try:
            return _respond(await answer(request))
        except NotAllowed:
            return _respond(REFUSED, 403)
        except PrflowError as error:
            return _respond(explain(error), 422)
        except ValidationError:  # not its text, which may quote a token
            return _respond(Problem(message="The request was not understood.", hint="Reload the page."), 400)

    return handle


def _respond(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, media_type="application/json")


async def _save_token(steps: SetUpSteps, body: bytes) -> BaseModel:
    return await steps.save_token(PastedToken.model_validate_json(body).token)


async def _list_owners(steps: SetUpSteps, _: bytes) -> BaseModel:
    return OwnerChoices(owners=await steps.list_owners())


async def _choose_owner(steps: SetUpSteps, body: bytes) -> BaseModel:
    return await steps.choose_owner(Chosen.model_validate_json(body).login)


async def _go_to(steps: SetUpSteps, body: bytes) -> BaseModel:
    return await steps.go_to(GoTo.model_validate_json(body).step)


async def _leave_out(steps: SetUpSteps, body: bytes) -> BaseModel:
    return await steps.leave_out(LeftOut.model_validate_json(body).names)


async def _start(steps: SetUpSteps, body: bytes) -> BaseModel:
    return await steps.start(without_model=Start.model_validate_json(body).without_model)


ROUTES: tuple[tuple[str, str, Work], ...] = (
    ("GET", "/set-up", lambda steps, _: steps.read()),
    ("DELETE", "/set-up", lambda steps, _: steps.give_up()),
    ("POST", "/set-up/token", _save_token),
    ("POST", "/set-up/device", lambda steps, _: steps.begin_login()),
    ("DELETE", "/set-up/device", lambda steps, _: steps.cancel_login()),
    ("GET", "/set-up/owners", _list_owners),
    ("POST", "/set-up/owner", _choose_owner),
    ("POST", "/set-up/step", _go_to),
    ("GET", "/set-up/repositories", lambda steps, _: steps.read_repositories()),
    ("POST", "/set-up/repositories", lambda steps, _: steps.read_repositories(again=True)),
    ("POST", "/set-up/left-out", _leave_out),
    ("POST", "/set-up/import", _start),
)


TEAM_ROUTES: tuple[tuple[str, str, TeamWork], ...] = (
    ("POST", "choices", lambda teams, team, body: teams.set_choices(team, Choices.model_validate_json(body))),
    ("POST", "bots", lambda teams, team, body: teams.decide_on_bot(team, BotDecision.model_validate_json(body))),
    ("POST", "rules", lambda teams, team, body: teams.change_rules(team, Rules.model_validate_json(body))),
    ("POST", "follow", lambda teams, team, body: teams.follow(team, Names.model_validate_json(body).names)),
    ("POST", "unfollow", lambda teams, team, body: teams.unfollow(team, Names.model_validate_json(body).names)),
    ("GET", "access", lambda teams, team, _: teams.read_access(team)),
    ("POST", "token", lambda teams, team, body: teams.exchange_token(team, NewToken.model_validate_json(body).token)),
    ("GET", "keys", lambda teams, team, _: teams.list_keys(team)),
    ("POST", "keys", lambda teams, team, body: teams.add_key(team, KeyName.model_validate_json(body).name)),
    ("POST", "keys/revoke", lambda teams, team, body: teams.revoke_key(team, KeyId.model_validate_json(body).id)),
    ("GET", "jira", lambda teams, team, _: teams.read_jira(team)),
    ("POST", "jira", lambda teams, team, body: teams.save_jira(team, JiraGiven.model_validate_json(body))),
    ("DELETE", "jira", lambda teams, team, _: teams.forget_jira(team)),
    ("DELETE", "token", lambda teams, team, _: teams.forget_token(team)),
)


def main() -> None:
    port, inherited = int(sys.argv[1]), sys.argv[2:]
    os.environ.update(pinned())  # the login with which it starts counts, whatever becomes of `.env`
    home = WarehouseSettings().home.resolve()
    config = uvicorn.Config(
        application(home, read_key(home)),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    uvicorn.Server(config).run([socket.socket(fileno=int(inherited[0]))] if inherited else None)


if __name__ == "__main__":
    main()
