"""The server: the routes of Jira Cloud or Data Center, and /_simulator/* to control it.

Cloud: https://developer.atlassian.com/cloud/jira/platform/rest/v3/. Data Center:
https://docs.atlassian.com/software/jira/docs/api/REST/latest/.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.clock import now
from simulators.guard import ControlGuard
from simulators.jira import render
from simulators.jira.jql import BadQuery, Query, search
from simulators.jira.world import STATUSES, SimIssue, World
from simulators.serving import serve_in_thread

NAME = "the simulated Jira"
CLOUD, DATA_CENTER = "cloud", "data_center"
MAX_BULK = 1_000
MAX_BULK_EXPANDED = 100
_SINGLE = {"summary", "issuetype", "status", "priority", "parent", "created", "updated", "project"}
_SINGLE |= {"resolution", "resolutiondate", "id", "key"}


@dataclass
class JiraFault:
    """What happens instead of a response: to requests whose path contains `path`, `count` times (None: always)."""

    status: int = 503
    path: str = ""
    count: int | None = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"errorMessages": ["Something went wrong."], "errors": {}}'
    media_type: str = "application/json"


@dataclass
class JiraSimulator:
    """State and settings of the server.

    `page_size` bounds every page, as an administrator of Data Center does. `index_delay` is how long a search does not
    see a change. `timezone` is that of the account.
    """

    world: World = field(default_factory=World)
    form: str = CLOUD
    email: str = "bot@acme.example"
    token: str = "simulated-token"  # noqa: S105  the token of a simulator
    timezone: str = "America/New_York"
    page_size: int = 5_000
    index_delay: timedelta = timedelta(0)
    faults: list[JiraFault] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    authorisations: list[str] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_cloud(self) -> bool:
        return self.form == CLOUD

    def application(self) -> Starlette:
        both = [
            Route("/rest/api/{version:int}/serverInfo", self.server_info),
            Route("/rest/api/{version:int}/myself", self.myself),
            Route("/rest/api/{version:int}/status", self.statuses),
            Route("/rest/api/{version:int}/field", self.list_fields),
            Route("/rest/api/{version:int}/issue/{key}", self.one_issue),
            Route("/_simulator/faults", self.add_fault, methods=["POST"]),
        ]
        cloud = [
            Route("/rest/api/3/project/search", self.project_pages),
            Route("/rest/api/3/issue/bulkfetch", self.bulk_fetch, methods=["POST"]),
            Route("/rest/api/3/changelog/bulkfetch", self.bulk_changelog, methods=["POST"]),
            Route("/rest/api/3/search/jql", self.search_cloud, methods=["POST"]),
            Route("/rest/api/{version:int}/search", self.removed, methods=["GET", "POST"]),
        ]
        data_center = [
            Route("/rest/api/2/project", self.project_list),
            Route("/rest/api/2/search", self.search_data_center, methods=["POST"]),
        ]
        routes = [*(cloud if self.is_cloud else data_center), *both]
        return Starlette(routes=routes, middleware=[Middleware(ControlGuard), Middleware(Arrivals, simulator=self)])

    def is_allowed(self, authorisation: str) -> bool:
        pair = b64encode(f"{self.email}:{self.token}".encode()).decode()
        return authorisation == (f"Basic {pair}" if self.is_cloud else f"Bearer {self.token}")

    def take_fault(self, path: str) -> JiraFault | None:
        fault = next((one for one in self.faults if one.path in path and one.count != 0), None)
        if fault is not None and fault.count is not None:
            fault.count -= 1
        return fault

    async def server_info(self, request: Request) -> Response:
        kind = "Cloud" if self.is_cloud else "Server"
        return JSONResponse({"baseUrl": str(request.base_url), "version": "10.3.0", "deploymentType": kind})

    async def myself(self, request: Request) -> Response:
        person = {"displayName": "prflow bot", "timeZone": self.timezone, "active": True}
        return JSONResponse(
            person | ({"accountId": "5b10"} if self.is_cloud else {"name": "prflow", "key": "JIRAUSER1"})
        )

    async def statuses(self, request: Request) -> Response:
        return JSONResponse([render.status(id_) for id_ in STATUSES])

    async def list_fields(self, request: Request) -> Response:
        epic = {"custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 10008, "type": "any"}
        return JSONResponse(
            [
                {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
                {"id": render.EPIC_FIELD, "name": "Epic Link", "schema": epic},
            ]
        )

    async def project_pages(self, request: Request) -> Response:
        given = request.query_params
        start, count = int(given.get("startAt", 0)), min(int(given.get("maxResults", 50)), 100, self.page_size)
        every = self._projects()
        page = every[start : start + count]
        is_last = start + count >= len(every)
        return JSONResponse({"startAt": start, "total": len(every), "isLast": is_last, "values": page})

    async def project_list(self, request: Request) -> Response:
        return JSONResponse(self._projects())

    def _projects(self) -> list[render.Json]:
        seen = [one for one in self.world.projects.values() if not one.is_hidden]
        return [
            {"id": one.id, "key": one.key, "name": one.name, "projectKeys": [one.key, *one.earlier]} for one in seen
        ]

    async def bulk_fetch(self, request: Request) -> Response:
        """Return what is found; what is not found or may not be seen is left out, also of `issueErrors`."""
        given = await self._read(request)
        names, fields = _texts(given.get("issueIdsOrKeys")), _texts(given.get("fields"))
        is_small = bool(fields) and set(fields) <= _SINGLE and not given.get("expand")
        if len(names) > (MAX_BULK if is_small else MAX_BULK_EXPANDED):
            return _error(400, "The number of issues requested exceeds the maximum.")
        found = self.world.find_all(names)
        return JSONResponse({"issues": [render.issue(one, fields, is_cloud=True) for one in found], "issueErrors": []})

    async def bulk_changelog(self, request: Request) -> Response:
        """Return pages of changes, the oldest first over all issues; `maxResults` counts changes."""
        given = await self._read(request)
        names, wanted = _texts(given.get("issueIdsOrKeys")), set(_texts(given.get("fieldIds")))
        changes = [
            (change, one) for one in self.world.find_all(names) for change in one.changes if change.field in wanted
        ]
        changes.sort(key=lambda pair: (pair[0].at, int(pair[1].id)))
        start, count = self._page(given, 1_000)
        by_issue: dict[str, list[render.Json]] = {}
        for change, one in changes[start : start + count]:
            by_issue.setdefault(one.id, []).extend(render.histories([change], is_bulk=True))
        logs = [{"issueId": id_, "changeHistories": found} for id_, found in by_issue.items()]
        return JSONResponse({"issueChangeLogs": logs} | self._next(start + count, len(changes)))

    async def search_cloud(self, request: Request) -> Response:
        """Return pages by token. Without `fields` only ids come; `maxResults` is up to 5,000 for ids alone."""
        given = await self._read(request)
        fields = _texts(given.get("fields"))
        try:
            found = self._search(given, is_strict=False)
        except BadQuery as error:
            return _error(400, str(error))
        start, count = self._page(given, 5_000 if set(fields) <= {"id", "key"} else 100)
        page = found[start : start + count]
        issues = [{"id": one.id} | (render.issue(one, fields, is_cloud=True) if fields else {}) for one in page]
        more = self._next(start + count, len(found))
        return JSONResponse({"issues": issues, "isLast": not more} | more)

    async def search_data_center(self, request: Request) -> Response:
        """Return pages by `startAt`. The administrator bounds them; an unknown key fails a query that is validated."""
        given = await self._read(request)
        try:
            found = self._search(given, is_strict=given.get("validateQuery") is not False)
        except BadQuery as error:
            return _error(400, str(error))
        start, count = (
            _number(given.get("startAt"), 0),
            min(_number(given.get("maxResults"), 50), 1_000, self.page_size),
        )
        fields, expand = _texts(given.get("fields")), _texts(given.get("expand"))
        issues = [self._render_data_center(one, fields, expand) for one in found[start : start + count]]
        return JSONResponse({"startAt": start, "maxResults": count, "total": len(found), "issues": issues})

    def _render_data_center(self, one: SimIssue, fields: Sequence[str], expand: Sequence[str]) -> render.Json:
        found = render.issue(one, fields, is_cloud=False)
        if "changelog" in expand:
            entries = render.histories(one.changes, is_bulk=False)
            found["changelog"] = {"startAt": 0, "maxResults": len(entries), "total": len(entries), "histories": entries}
        return found

    async def one_issue(self, request: Request) -> Response:
        """Cloud says the same of what is gone and what is hidden; Data Center has 404 and 403."""
        one = self.world.find(request.path_params["key"])
        if one is None or (self.is_cloud and not self.world.may_see(one)):
            return _error(404, "Issue does not exist or you do not have permission to see it.")
        if not self.world.may_see(one):
            return _error(403, "You do not have the permission to see the specified issue.")
        fields = request.query_params.get("fields", "summary").split(",")
        return JSONResponse(render.issue(one, fields, is_cloud=self.is_cloud))

    async def removed(self, request: Request) -> Response:
        """Respond as Cloud does since the old search was removed (CHANGE-2046)."""
        return _error(410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")

    async def add_fault(self, request: Request) -> Response:
        self.faults.append(JiraFault(**await request.json()))
        return JSONResponse({"faults": len(self.faults)})

    async def _read(self, request: Request) -> dict[str, object]:
        given: dict[str, object] = json.loads(await request.body())
        self.bodies.append(given)
        return given

    def _search(self, given: Mapping[str, object], *, is_strict: bool) -> list[SimIssue]:
        found = search(str(given.get("jql", "")), Query(self.world, self.timezone, is_strict))
        indexed = now() - self.index_delay
        return [one for one in found if not self.index_delay or one.updated <= indexed]

    def _page(self, given: Mapping[str, object], most: int) -> tuple[int, int]:
        token = str(given.get("nextPageToken") or "")
        start = int(token.removeprefix("page-")) if token else 0
        return start, min(_number(given.get("maxResults"), 50), most, self.page_size)

    def _next(self, end: int, total: int) -> dict[str, str]:
        return {"nextPageToken": f"page-{end}"} if end < total else {}


class Arrivals:
    """ASGI middleware: note each request, refuse a wrong token, and make the faults that were asked for."""

    def __init__(self, app: ASGIApp, simulator: JiraSimulator) -> None:
        self.app, self.simulator = app, simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or path.startswith("/_simulator/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        self.simulator.paths.append(path)
        self.simulator.authorisations.append(request.headers.get("authorization", ""))
        response = self._refuse(request, path)
        await (self.app if response is None else response)(scope, receive, send)

    def _refuse(self, request: Request, path: str) -> Response | None:
        if (fault := self.simulator.take_fault(path)) is not None:
            return Response(fault.body, fault.status, fault.headers, fault.media_type)
        if path.endswith("/serverInfo") or self.simulator.is_allowed(request.headers.get("authorization", "")):
            return None
        return _error(401, "Client must be authenticated to access this resource.")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"errorMessages": [message], "errors": {}}, status)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


@dataclass(frozen=True)
class RunningJira:
    """A simulator that serves at `url`."""

    simulator: JiraSimulator
    url: str

    @property
    def world(self) -> World:
        return self.simulator.world


@contextmanager
def serve(simulator: JiraSimulator | None = None, port: int = 0) -> Iterator[RunningJira]:
    """Serve in a thread of this process, on a free port unless one is given, until the block ends."""
    simulator = simulator or JiraSimulator()
    with serve_in_thread(simulator.application(), port, NAME) as port:
        yield RunningJira(simulator, f"http://127.0.0.1:{port}")
