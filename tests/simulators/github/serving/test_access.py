"""The simulated ways to get a token: Apps, the device flow, and tokens registered from outside."""

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048, private=True)
OTHERS = RSAKey.generate_key(2048, private=True)


@pytest.fixture
def app(client: Any) -> Any:
    """Return a client of a simulator with an App that was registered over HTTP."""
    facts = {"id": "77", "public_key": KEY.as_pem(private=False).decode(), "installations": {"5": "acme"}}
    assert client.http.post(f"{client.running.url}/_simulator/apps", json=facts).status_code == 200
    return client


def assertion(client: Any, key: RSAKey = KEY, issuer: str = "77", back: float = 60, ahead: float = 540) -> str:
    now = int(client.clock())
    return jwt.encode({"alg": "RS256"}, {"iss": issuer, "iat": now - back, "exp": now + ahead}, key)


def ask(client: Any, method: str, path: str, token: str) -> httpx.Response:
    return client.http.request(method, client.running.url + path, headers={"authorization": f"Bearer {token}"})  # type: ignore[no-any-return]


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_an_app_gets_a_token_that_is_good_for_an_hour(app: Any, prefix: str) -> None:
    (installation,) = ask(app, "GET", f"{prefix}/app/installations", assertion(app)).json()
    assert installation["account"]["login"] == "acme"
    path = f"{prefix}/app/installations/{installation['id']}/access_tokens"
    app.token = ask(app, "POST", path, assertion(app)).json()["token"]
    assert app.data("{ viewer { login } }") == {"viewer": {"login": "prflow[bot]"}}
    app.clock.now += 3600
    assert app.post("{ viewer { login } }").status_code == 401


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"key": OTHERS}, "could not be decoded"),
        ({"issuer": "78"}, "could not be decoded"),
        ({"ahead": 700}, "too far in the future"),
        ({"ahead": -1}, "'exp'"),
        ({"back": -120}, "'iat'"),
    ],
    ids=["another's key", "an unknown App", "too long", "over", "from the future"],
)
def test_an_assertion_is_refused_as_github_refuses_it(app: Any, more: dict[str, Any], words: str) -> None:
    response = ask(app, "GET", "/app", assertion(app, **more))
    assert response.status_code == 401
    assert words in response.json()["message"]


def test_what_is_no_assertion_is_refused(app: Any) -> None:
    assert ask(app, "GET", "/app", "demo-token").status_code == 401


def test_a_token_of_the_kinds_that_are_issued_is_good_only_where_it_was(client: Any) -> None:
    client.token = "gho_made_up"
    assert client.post("{ viewer { login } }").status_code == 401


def test_a_token_comes_with_its_scopes_and_its_end(client: Any) -> None:
    facts = {"token": "ghp_1", "login": "ann", "scopes": "repo", "expires_at": client.clock() + 60}
    client.http.post(f"{client.running.url}/_simulator/tokens", json=facts)
    client.token = "ghp_1"
    response = client.post("{ viewer { login } }")
    assert response.json()["data"]["viewer"]["login"] == "ann"
    assert response.headers["x-oauth-scopes"] == "repo"
    assert response.headers["github-authentication-token-expiration"] == "2026-08-22 12:01:00 UTC"
    client.http.delete(f"{client.running.url}/_simulator/tokens/ghp_1")
    assert client.post("{ viewer { login } }").status_code == 401


def test_two_tokens_of_one_login_share_its_hour(client: Any) -> None:
    for token in ("ghp_1", "ghp_2"):
        client.running.tokens.grant(token, "ann")
        client.token = token
        remaining = client.data("{ rateLimit { remaining } }")["rateLimit"]["remaining"]
    assert remaining == 4998


def test_the_device_flow_as_its_standard_describes_it(client: Any) -> None:
    url, json = client.running.url, {"accept": "application/json"}
    asked = {"client_id": client.running.devices.client_id, "scope": "repo read:org"}
    code = client.http.post(f"{url}/login/device/code", data=asked, headers=json).json()
    poll = {
        "client_id": asked["client_id"],
        "device_code": code["device_code"],
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }

    def ask_token(**more: str) -> Any:
        return client.http.post(f"{url}/login/oauth/access_token", data=poll | more, headers=json).json()

    client.clock.now += 5
    assert ask_token()["error"] == "authorization_pending"
    assert ask_token() == {"error": "slow_down", "interval": 10}
    assert ask_token(grant_type="password")["error"] == "unsupported_grant_type"
    client.http.post(f"{url}/_simulator/devices", json={"user_code": code["user_code"], "login": "ann"})
    client.clock.now += 10
    client.token = ask_token()["access_token"]
    assert client.data("{ viewer { login } }") == {"viewer": {"login": "ann"}}
    assert ask_token()["error"] == "incorrect_device_code"


def test_who_does_not_ask_for_json_gets_a_form(client: Any) -> None:
    response = client.http.post(f"{client.running.url}/login/device/code", data={"client_id": "unknown"})
    assert parse_qs(response.text) == {"error": ["incorrect_client_credentials"]}
