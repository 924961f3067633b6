"""Who may control a simulator: a program on this machine, and no page in a browser.

A page of any origin may post plain text to a port of this machine without a preflight request. For JSON it needs one,
and nobody answers it here.
"""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CONTROLS = "/_simulator/"
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class ControlGuard:
    """ASGI middleware: below /_simulator/ only requests to this machine by its name, and bodies of JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(CONTROLS):
            headers = Headers(scope=scope)
            if headers.get("host", "").rpartition(":")[0] not in HOSTS:
                app: ASGIApp = PlainTextResponse("The simulator is controlled by its own machine's name.", 403)
            elif scope["method"] == "POST" and not headers.get("content-type", "").startswith("application/json"):
                app = PlainTextResponse("The simulator takes application/json.", 415)
            else:
                app = self.app
            await app(scope, receive, send)
        else:
            await self.app(scope, receive, send)
