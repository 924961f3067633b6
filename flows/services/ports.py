"""Ports of this machine: which are free, and who answers on them."""

import socket

import httpx

from warehouse.errors import PrflowError

FIRST_DASHBOARD_PORT = 8501
PORTS_TRIED = 50


class NoFreePort(PrflowError):
    """The port that was asked for is taken; the message names it."""


def choose_dashboard_port(wanted: int | None) -> int:
    """The port that a person asked for or none; else 8501 or the next that is free."""
    if wanted is not None:
        if not is_free(wanted):
            raise NoFreePort(f"Port {wanted} is taken: set PRFLOW_DASHBOARD_PORT to another one.")
        return wanted
    ports = range(FIRST_DASHBOARD_PORT, FIRST_DASHBOARD_PORT + PORTS_TRIED)
    return next(filter(is_free, ports), None) or free_port()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections have not yet faded away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        # Without certificates, which take longer to load than the answer to come: it is plain HTTP on this machine.
        return httpx.get(url, timeout=2.0, trust_env=False, verify=False).status_code == 200  # noqa: S501
    except httpx.HTTPError:
        return False
