"""Send a request to Prefect again while its server is busy, for as long as the caller allows and no longer.

The command line and the dashboard's buttons wait like this. On SQLite the server responds with 503 while its database
is locked, and on a busy machine one response can take more than ten seconds.
"""

import time
from collections.abc import Callable

import httpx

PATIENCE_SECONDS = 60.0
"""How long a command or a button waits for Prefect, however its server responds meanwhile."""

# A server that refuses connections is starting again, or is not there at all: it gets this part of the wait.
REFUSED_SHARE = 1 / 12
PAUSE_SECONDS = 0.25
BUSY = frozenset({429, 502, 503, 504})


def send(
    request: Callable[[float], httpx.Response],
    seconds: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> httpx.Response:
    """Return the first response that is not "busy", within `seconds`; then the last one, or raise httpx.HTTPError.

    `request` gets the seconds that it may take. It is sent again after an error, so it must do no harm twice: give what
    it creates an idempotency key.
    """
    began = time.monotonic()
    while True:
        left = seconds - (time.monotonic() - began)
        try:
            response = request(max(left, PAUSE_SECONDS))
            if response.status_code not in BUSY or _is_over(began, seconds):
                return response
        except httpx.TransportError as error:
            share = REFUSED_SHARE if isinstance(error, httpx.ConnectError) else 1.0
            if _is_over(began, seconds * share):
                raise
        sleep(PAUSE_SECONDS)


def _is_over(began: float, seconds: float) -> bool:
    """Return whether no time is left for another request after a pause."""
    return time.monotonic() - began + PAUSE_SECONDS >= seconds
