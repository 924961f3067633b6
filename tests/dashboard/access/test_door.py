"""The door of the dashboard: cookies of one login and by https only, the way back in ASCII, a log without orders."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from hashlib import sha256
from urllib.parse import quote

import pytest
from itsdangerous import TimestampSigner
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from streamlit.auth_util import MAX_COOKIE_BYTES, set_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.access.cookies import USER_COOKIE, is_of_one_login
from dashboard.access.settings import CALLBACK
from dashboard.reading import person
from dashboard.shell.door import NEXT_COOKIE, NeedsLogin, OnlyByHttps, ReturnAfterLogin, is_own_address
from dashboard.shell.log_lines import clean_log_lines

SECRET = "the secret of the cookies, which is long"
ATTRIBUTES = len("; Path=/; HttpOnly; SameSite=lax; Max-Age=2592000")


def _log_in(patch: pytest.MonkeyPatch, at: int, claims: dict[str, object]) -> dict[str, str]:
    """Return the cookies that Streamlit sets at this second for a person of these claims."""
    found: dict[str, str] = {}

    def keep(name: str, value: str) -> None:
        found[name] = create_signed_value(SECRET, name, value).decode()

    patch.setattr(TimestampSigner, "get_timestamp", lambda _: at)
    set_cookie_with_chunks(
        keep,
        lambda name, value: create_signed_value(SECRET, name, value),
        USER_COOKIE,
        claims,
        cookie_attr_size=ATTRIBUTES,
    )
    return found


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, str], dict[str, str]]:
    """Return the cookies of an old login with an admin's group, and of a new one without it, each in parts."""
    now = 1_790_000_000
    groups = [sha256(bytes([place])).hexdigest() for place in range(200)]
    with monkeypatch.context() as patch:
        old = _log_in(patch, now, {"is_logged_in": True, "iat": now, "groups": [*groups, "admins"]})
        new = _log_in(patch, now + 3600, {"is_logged_in": True, "iat": now + 3600, "groups": [*groups, "nobody"]})
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: now + 3601)
    monkeypatch.setattr("dashboard.reading.person.get_cookie_secret", lambda: SECRET)
    assert len(old) == len(new) > 3
    # Browsers drop a cookie of more, and “Secure” is ours.
    assert all(len(f"{name}={value}; Secure") + ATTRIBUTES <= MAX_COOKIE_BYTES for name, value in new.items())
    return old, new


def test_the_cookie_is_streamlits() -> None:
    assert USER_COOKIE == USER_COOKIE_NAME


def test_no_group_is_kept_by_parts_of_an_older_login(logins: tuple[dict[str, str], dict[str, str]]) -> None:
    old, new = logins
    for own in logins:
        assert person._read_claims(own)["is_logged_in"] is True
    for name in old:
        for mixed in (old | {name: new[name]}, new | {name: old[name]}):
            assert person._read_claims(mixed) == {}, name
    stale = {f"{USER_COOKIE}_{len(old)}": old[f"{USER_COOKIE}_1"]}  # a part that a longer login has left behind
    assert person._read_claims(new | stale) != {}


def test_cookies_that_nobody_signed_are_of_nobody(logins: tuple[dict[str, str], dict[str, str]]) -> None:
    old, _ = logins
    for name in old:
        assert person._read_claims(old | {name: old[name][:-2]}) == {}
        assert person._read_claims({other: value for other, value in old.items() if other != name}) == {}
    for value in (
        "",
        "chunks-2",
        "\xff",
        "a.b.c",
        create_signed_value(SECRET, USER_COOKIE, "chunks-999999999").decode(),
    ):
        assert person._read_claims({USER_COOKIE: value}) == {}
    assert is_of_one_login({}, SECRET)


async def _tell_cookies(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(sorted(HTTPConnection(socket.scope).cookies))
    await socket.close()


def test_a_socket_gets_no_cookies_of_two_logins(logins: tuple[dict[str, str], dict[str, str]]) -> None:
    old, new = logins
    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", _tell_cookies)], middleware=[Middleware(NeedsLogin)])
    for cookies, seen in ((new, sorted(new)), (old | {f"{USER_COOKIE}_1": new[f"{USER_COOKIE}_1"]}, [])):
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        with TestClient(app) as client, client.websocket_connect("/_stcore/stream", headers=header) as socket:
            assert socket.receive_json() == seen


def _respond(request: Request) -> Response:
    response = RedirectResponse("/", 302) if request.url.path == CALLBACK else PlainTextResponse("ok")
    response.set_cookie("_streamlit_user", "x", httponly=True, samesite="lax")
    response.set_cookie("other", "secure", secure=True)
    return response


@pytest.fixture
def visit() -> Iterator[Callable[..., TestClient]]:
    """Return what opens the door with these middlewares."""
    opened: list[TestClient] = []

    def client(*middlewares: Callable[[ASGIApp], ASGIApp]) -> TestClient:
        routes = [Route("/{path:path}", _respond, methods=["GET", "POST"])]
        app = Starlette(routes=routes, middleware=[Middleware(one) for one in middlewares])
        opened.append(TestClient(app, "https://prflow.example.com", follow_redirects=False))
        return opened[-1]

    yield client
    for one in opened:
        one.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", CALLBACK, "/auth/logout"])
def test_every_cookie_goes_by_https_only(visit: Callable[..., TestClient], method: str, path: str) -> None:
    client = visit(OnlyByHttps, ReturnAfterLogin)
    response = client.request(method, path, headers={"Sec-Fetch-Mode": "navigate"})
    set_cookies = response.headers.get_list("set-cookie")
    assert len(set_cookies) >= 2
    for cookie in set_cookies:
        assert [part.strip().lower() for part in cookie.split(";")].count("secure") == 1, cookie
    assert response.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("path", ["/€", "/\x80?a=\xff", "/overview?team=Ä&q=%E2%82%AC", "/%0d%0aX-Evil: 1", "/a b"])
def test_no_link_stops_the_login(visit: Callable[..., TestClient], path: str) -> None:
    client = visit(ReturnAfterLogin)
    client.get(path, headers={"Sec-Fetch-Mode": "navigate"})
    response = client.get(CALLBACK)
    assert response.status_code == 302
    assert response.headers["location"].isascii()
    assert "x-evil" not in response.headers


def test_a_link_leads_back_to_where_it_led(visit: Callable[..., TestClient]) -> None:
    client = visit(ReturnAfterLogin)
    link = "/pull-requests?team=North%20wind&state=Merged&q=%E2%82%AC%25"
    client.get(link, headers={"Sec-Fetch-Mode": "navigate"})
    assert client.get(CALLBACK).headers["location"] == link


@pytest.mark.parametrize("kept", ["/€", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nX: 1", ""])
def test_a_cookie_that_others_wrote_leads_to_the_first_page(visit: Callable[..., TestClient], kept: str) -> None:
    assert not is_own_address(kept)
    client = visit(ReturnAfterLogin)
    response = client.get(CALLBACK, headers={"Cookie": f"{NEXT_COOKIE}={quote(kept, safe='')}"})
    assert response.headers["location"] == "/"


def test_no_line_of_the_log_orders_a_terminal_around(monkeypatch: pytest.MonkeyPatch) -> None:
    before, stream = logging.getLogRecordFactory(), io.StringIO()
    logger, handler = logging.getLogger("tests.door"), logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        clean_log_lines()
        logger.error("Error during authentication: %s", "\x1b[2J\x9b31m\u202e", extra={"more": 1})
        try:
            json.loads("\x1b]0;title\x07")
            raise ValueError("\x1b[31m")
        except ValueError:
            logger.exception("Broken \x1b[0m %d", 7)
    finally:
        logging.setLogRecordFactory(before)
        logger.removeHandler(handler)
    written = stream.getvalue()
    assert "Error during authentication: [2J31m\n" in written
    assert "Traceback" in written
    assert "Broken [0m 7" in written
    assert not [one for one in written if one != "\n" and not one.isprintable()]
