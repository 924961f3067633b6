"""Refuse requests that were not sent to the dashboard by its own page.

A page of another origin, or one whose name was pointed at this machine (DNS rebinding), must not reach the dashboard.
Streamlit checks the origin of its socket itself, but asks a public address service first; so this comes before it.
`TrustedHostMiddleware` of Starlette checks the Host header, `SameOrigin` the Origin header.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost")


def allowed_hosts(names: Iterable[str]) -> list[str]:
    """Return the host names under which the dashboard responds: this machine's, and these."""
    return [*LOOPBACK, *names]


class SameOrigin:
    """ASGI middleware: 403 for a request, or a socket, that a page of another origin sends.

    Browsers name the page's origin on every socket and on every request that could change something. Requests without
    one come from the address bar, from links, or from no browser at all. `public` are names that a proxy answers to.
    """

    def __init__(self, app: ASGIApp, public: list[str]) -> None:
        self.app = app
        self.public = frozenset(public) - set(LOOPBACK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._is_own(Headers(scope=scope)):
            await PlainTextResponse("Forbidden: the request comes from another site.", 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        return all(self._is_own_origin(origin, headers.get("host", "")) for origin in origins)

    def _is_own_origin(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin.lower())
            return parts.netloc == host.lower() or parts.hostname in self.public
        except ValueError:  # an origin that is not an address
            return False
