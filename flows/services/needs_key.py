"""The door of prflow's small servers: who does not show their key as a bearer token is refused."""

from collections.abc import Collection
from hmac import compare_digest

from starlette.types import ASGIApp, Receive, Scope, Send


class NeedsKey:
    """ASGI middleware: whoever does not show `key` gets the response `refusal`, except at the `open_paths`."""

    def __init__(self, app: ASGIApp, key: str, refusal: ASGIApp, open_paths: Collection[str] = ()) -> None:
        self._app = app
        self._expected = f"Bearer {key}".encode()
        self._refusal = refusal
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shown = dict(scope.get("headers", ())).get(b"authorization", b"")
        is_open = scope["type"] == "lifespan" or scope["path"] in self._open_paths
        app = self._app if is_open or compare_digest(shown, self._expected) else self._refusal
        await app(scope, receive, send)
