"""The simulated GitHub as an HTTP server: `application` is the ASGI app, `serve` runs it in a thread for a test."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from email.utils import formatdate
from random import Random
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.clock import seconds
from simulators.github.serving import access, control, rest
from simulators.github.serving.apps import Apps
from simulators.github.serving.devices import Devices
from simulators.github.serving.faults import Faults
from simulators.github.serving.limits import Limits
from simulators.github.serving.replies import Reply
from simulators.github.serving.service import Clock, Service
from simulators.github.serving.tokens import Tokens
from simulators.github.store.records import Record
from simulators.github.store.world import Organisation
from simulators.guard import ControlGuard

HOST = "127.0.0.1"
HANG_SECONDS = 600.0


class _CuttableResponse(Response):
    """A reply on the wire, cut short if it says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body, reply.status, reply.headers, reply.media_type)
        self._cut_after = reply.cut_after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._cut_after is None:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: self._cut_after], "more_body": True})


class _GraphQL:
    """POST /graphql. `latency` is in seconds and varies by a third up and down."""

    def __init__(self, service: Service, latency: float) -> None:
        self._service, self._latency = service, latency
        self._random = Random(3)
        self._active = 0

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        account = self._service.account(request.headers.get("authorization", ""))
        self._active += 1
        counts = self._service.counts
        counts.max_concurrent = max(counts.max_concurrent, self._active)
        try:
            if isinstance(account, Reply):
                return await self._respond(request, body)
            account.in_flight += 1
            try:
                return await self._respond(request, body)
            finally:
                account.in_flight -= 1
        finally:
            self._active -= 1

    async def _respond(self, request: Request, body: bytes) -> Response:
        reply = self._service.respond(request.headers.get("authorization", ""), body)
        if reply.hang:
            await _until_gone(request)
        delay = reply.delay + self._latency * self._random.uniform(0.67, 1.33)
        if delay:
            await asyncio.sleep(delay)
        return _CuttableResponse(reply)


async def _until_gone(request: Request) -> None:
    """Wait until the client disconnects."""
    for _ in range(int(HANG_SECONDS * 20)):
        if await request.is_disconnected():
            return
        await asyncio.sleep(0.05)


class _DateHeader:
    """ASGI middleware that adds a Date header by the service's clock."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._service.clock(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        await self._app(scope, receive, send_dated)


def application(service: Service, latency: float = 0.0) -> Starlette:
    graphql = _GraphQL(service, latency)
    return Starlette(
        routes=[
            Route("/graphql", graphql.__call__, methods=["POST"]),
            Route("/api/graphql", graphql.__call__, methods=["POST"]),
            *control.routes(service),
            *rest.routes(service),
            *access.routes(service),
            Route("/{path:path}", _nothing_here),
        ],
        middleware=[Middleware(ControlGuard), Middleware(_DateHeader, service=service)],
    )


async def _nothing_here(request: Request) -> Response:
    body = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}
    return JSONResponse(body, 404)


class Running:
    """A server that runs in a thread of this process."""

    def __init__(self, service: Service, port: int) -> None:
        self._service = service
        self.url = f"http://{HOST}:{port}"
        self.graphql_url = f"{self.url}/graphql"

    @property
    def organisation(self) -> Organisation:
        return self._service.organisation

    @property
    def faults(self) -> Faults:
        return self._service.faults

    @property
    def tokens(self) -> Tokens:
        return self._service.tokens

    @property
    def apps(self) -> Apps:
        return self._service.apps

    @property
    def devices(self) -> Devices:
        return self._service.devices

    @property
    def listeners(self) -> list[Callable[[str, bytes], object]]:
        """Return the list of listeners; each is called with operation and body of a request before its response."""
        return self._service.listeners

    def stats(self) -> Record:
        """Return the counts since the start: requests, points, violations and more (see Service.stats)."""
        return self._service.stats()

    def totals(self, start: str = "", end: str = "~", *, with_open: bool = False) -> dict[str, dict[str, int]]:
        """See Service.totals."""
        return self._service.totals(start, end, with_open=with_open)


class _ThreadServer(uvicorn.Server):
    """A server of a test, which ends as soon as it is told to: uvicorn looks every 0.1 s, and waits for its clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._is_over: Future[None] = Future()

    def end(self) -> None:
        """End it, from any thread."""
        self._is_over.set_result(None)

    async def main_loop(self) -> None:
        await asyncio.wrap_future(self._is_over)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in self.server_state.tasks:
            task.cancel()


@contextmanager
def serve(
    organisation: Organisation,
    *,
    clock: Clock = seconds,
    latency: float = 0.0,
    limits: Limits | None = None,
    cache_bytes: int = 128 << 20,
) -> Iterator[Running]:
    """Serve on a free port of the loopback interface until the block ends.

    `clock` (seconds since 1970) drives the limits and the Date header.
    """
    service = Service(organisation, clock, limits, cache_bytes)
    server = _ThreadServer(configuration(service, 0, latency))
    listening = listen(0)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="simulated-github", daemon=True)
    thread.start()
    try:
        yield Running(service, listening.getsockname()[1])
    finally:
        server.end()
        thread.join(timeout=10)
        listening.close()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on the loopback interface, 0 for a free port; raises OSError if it is taken.

    asyncio sends immediately only if the protocol is named: otherwise a body waits 40 ms for an acknowledgement.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def configuration(service: Service, port: int, latency: float) -> uvicorn.Config:
    """Return uvicorn's configuration: quiet, loopback only; open connections are cut a second after the end."""
    return uvicorn.Config(
        application(service, latency),
        host=HOST,
        port=port,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,  # ours follows the service's clock
    )
