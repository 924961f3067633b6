"""What stands around Streamlit's own login: its settings, the files behind it, the way back to the page."""

from typing import Any
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.rule import may_anything
from dashboard.access.settings import CALLBACK, LoginSettings
from dashboard.reading import person
from dashboard.reading.settings import DashboardSettings
from warehouse.errors import NotConfigured

# Downloads and charts' files, uploads, and what prflow's own routes tell.
BEHIND_LOGIN = ("/media/", "/api/", "/_stcore/upload_file", "/_stcore/bidi-components")
NEXT_COOKIE = "prflow_next"
NEXT_SECONDS = 600
HSTS = (b"strict-transport-security", b"max-age=31536000")
MAX_NEXT = 2_000
# Addresses that are no page of prflow's.
NO_PAGE = ("/static/", "/_stcore/", "/media/", "/api/", "/auth/", "/component/", "/app/", "/healthz", CALLBACK)


def streamlit_secrets(login: LoginSettings, dashboard: DashboardSettings) -> dict[str, Any]:
    """Return what Streamlit's login needs to know, which is written to no file. Raises NotConfigured."""
    login.check(dashboard.url or "http://127.0.0.1", dashboard.host_names)
    if not login.cookie_secret.get_secret_value():
        raise NotConfigured("PRFLOW_LOGIN_COOKIE_SECRET is missing.", "`prflow up` makes one.")
    return {
        "auth": {
            "redirect_uri": login.callback(dashboard.url or "http://127.0.0.1:{port}"),
            "cookie_secret": login.cookie_secret.get_secret_value(),
            "client_id": login.client_id.strip(),
            "client_secret": login.client_secret.get_secret_value(),
            "server_metadata_url": login.metadata_url.strip(),
            "client_kwargs": {"scope": login.scopes, "prompt": login.prompt},
        }
    }


class NeedsLogin:
    """ASGI middleware: 403 for files of others, and for what prflow's own routes tell, unless somebody is logged in.

    A socket on which the parts of several logins arrive is one of nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(BEHIND_LOGIN):
            who = await run_in_threadpool(person.of_cookies, HTTPConnection(scope).cookies)
            if not may_anything(who):
                await PlainTextResponse("Forbidden: log in first.", 403)(scope, receive, send)
                return
        elif scope["type"] == "websocket" and not person.is_of_one_login(HTTPConnection(scope).cookies):
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"cookie"]}
        await self.app(scope, receive, send)


class OnlyByHttps:
    """ASGI middleware for a dashboard that people open by https: no browser sends a cookie of it by plain http.

    Streamlit's own cookies, which are a login, would go to whoever answers http://prflow.example.com on the way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secure(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*map(_secure, message["headers"]), HSTS]}
            await send(message)

        await self.app(scope, receive, send_secure if scope["type"] == "http" else send)


def _secure(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    is_open = name.lower() == b"set-cookie" and b"secure" not in [part.strip().lower() for part in value.split(b";")]
    return (name, value + b"; Secure") if is_open else header


class ReturnAfterLogin:
    """ASGI middleware: keep in a cookie which page was asked for, and lead there after the login.

    Streamlit itself leads to the first page, so that a link in a mail would be lost.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                _remember_or_return(scope, message)
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _remember_or_return(scope: Scope, message: Message) -> None:
    headers, asked = MutableHeaders(scope=message), Headers(scope=scope)
    if scope["path"] == CALLBACK and headers.get("location") == "/":
        wanted = unquote(cookie_parser(asked.get("cookie", "")).get(NEXT_COOKIE, ""))
        if is_own_address(wanted):
            headers["location"] = wanted
        headers.append("set-cookie", f"{NEXT_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    elif asked.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith(NO_PAGE):
        # A header holds ASCII, and so does the address that a browser sends.
        query = quote(scope["query_string"], safe="%=&+/:;,@!$'()*?~")
        wanted = quote(scope["path"]) + (f"?{query}" if query else "")
        if len(wanted) <= MAX_NEXT:
            value = quote(wanted, safe="")
            headers.append(
                "set-cookie", f"{NEXT_COOKIE}={value}; Path=/; Max-Age={NEXT_SECONDS}; HttpOnly; SameSite=Lax"
            )


def is_own_address(address: str) -> bool:
    """Return whether this is a page of the dashboard: a path, and no other site that a browser takes for one.

    What a header cannot hold is none either.
    """
    is_path = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return is_path and address.isascii() and address.isprintable()
