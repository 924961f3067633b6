"""Security headers on every response; Streamlit sends none of its own."""

import base64
import hashlib
import re
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit styles its elements at run time, so style needs 'unsafe-inline'; script does not. `blob:` and
# `data:` are its own: workers, images that the script made, and fonts inside its style sheets.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_security_policy() -> str:
    """Return the policy, with the hash of each inline script of Streamlit's own page (one line, for crawlers)."""
    bodies = INLINE_SCRIPT.findall(INDEX.read_text(encoding="utf-8"))
    digests = [base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies]
    allowed = "".join(f" 'sha256-{digest}'" for digest in digests)
    return "; ".join(f"{name} {value}{allowed if name == 'script-src' else ''}" for name, value in POLICY.items())


HEADERS = {
    "Content-Security-Policy": content_security_policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HIDDEN = ("/_stcore/metrics",)


class SecurityHeaders:
    """ASGI middleware that adds the headers, and responds with 404 to paths that are hidden."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        hidden = scope["path"].rstrip("/").endswith(HIDDEN)
        respond: ASGIApp = PlainTextResponse("Not found", status_code=404) if hidden else self.app
        await respond(scope, receive, send_with_headers)
