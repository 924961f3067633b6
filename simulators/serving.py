"""How a simulator serves: in a thread of a test's process, or as a process that says its address."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

START_SECONDS = 60.0


@contextmanager
def serve_in_thread(
    application: Starlette | ASGIApp, port: int, name: str, seconds: float = START_SECONDS
) -> Iterator[int]:
    """Serve on the port, or on a free one for 0, until the block ends; yield the port. RuntimeError if it fails."""
    server = _make_server(application, port)
    thread = threading.Thread(target=server.run, name=name, daemon=True)
    thread.start()
    try:
        yield _wait_for_port(server, thread, name, seconds)
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=10)


def serve_until_stopped(
    application: Starlette | ASGIApp, port: int, name: str, path: str = "", seconds: float = START_SECONDS
) -> None:
    """Serve in this thread; the first line of output is the address, with the path behind it."""
    server = _make_server(application, port)

    def announce() -> None:
        found = _wait_for_port(server, threading.main_thread(), name, seconds)
        print(f"listening on http://127.0.0.1:{found}{path}", flush=True)

    threading.Thread(target=announce, daemon=True).start()
    server.run()


def _make_server(application: Starlette | ASGIApp, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_level="critical",
        lifespan="off",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _wait_for_port(server: uvicorn.Server, thread: threading.Thread, name: str, seconds: float) -> int:
    """Return the port on which the server listens; RuntimeError if it does not start."""
    deadline = time.monotonic() + seconds
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"{name} did not start")
        time.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port
