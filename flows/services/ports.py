"""Free ports of this machine, and whether a server responds on one."""

import random
import socket

import httpx

from dashboard.reading.settings import PROCESS_HEADER
from warehouse.errors import PrflowError

FIRST_DASHBOARD_PORT = 8501
PORTS_TRIED = 50
# A busy machine may take long over one response; whoever waits has a limit of its own.
RESPONSE_SECONDS = 30.0
# Below the ports that systems give to outgoing connections (Linux: from 32768 on), which any of them could take
# before the server has started.
OWN_PORTS = range(20_000, 32_000)
# Requests that wait while a server is started again; uvicorn's own default.
BACKLOG = 2048


class NoFreePort(PrflowError):
    """The requested port is in use; the message names it."""

    hint = "Set PRFLOW_DASHBOARD_PORT to another port, or leave it empty for 8501 or the next free one."


def choose_dashboard_port(wanted: int | None) -> int:
    """Return the wanted port, else 8501 or the next free one; NoFreePort if the wanted one is in use."""
    if wanted is not None:
        if not is_free(wanted):
            raise NoFreePort(f"Port {wanted} of PRFLOW_DASHBOARD_PORT is in use.")
        return wanted
    ports = range(FIRST_DASHBOARD_PORT, FIRST_DASHBOARD_PORT + PORTS_TRIED)
    return next(filter(is_free, ports), None) or free_port()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port with connections that are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nobody listens on, until a server is started on it a moment later."""
    return next(filter(is_free, random.sample(OWN_PORTS, PORTS_TRIED)), None) or _port_of_the_system()


def listen_on_free_port() -> socket.socket:
    """Listen on a free port, for a server to inherit: nobody can take it before, and between two servers requests wait.

    The caller closes it.
    """
    for port in [*random.sample(OWN_PORTS, PORTS_TRIED), 0]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
        else:
            return listener
    raise NoFreePort("This machine has no free port left for Prefect's server.", "Close programs that listen on ports.")


def _port_of_the_system() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def responds(url: str, pid: int | None = None) -> bool:
    """Return whether a server of this machine responds to `url` with 200; with `pid`, whether it is that process.

    Another prflow may have taken the port in the same second, and responds as well.
    """
    try:
        # Loading certificates takes longer than the request, which is plain HTTP on this machine.
        response = httpx.get(url, timeout=RESPONSE_SECONDS, trust_env=False, verify=False)  # noqa: S501
    except httpx.HTTPError:
        return False
    return response.status_code == 200 and (pid is None or response.headers.get(PROCESS_HEADER) == str(pid))
