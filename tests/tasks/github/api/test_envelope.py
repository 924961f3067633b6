"""A broken or hostile server: whatever surrounds the data of a response is one error of ours, or harmless."""

import asyncio
import gzip
import json
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.github.api.budget import RateLimit
from tasks.github.api.envelope import MAX_WAIT, parse_delay, parse_http_date, parse_iso_time, parse_number
from tasks.github.api.errors import CertificateRefused, Garbled, GitHubError, Limited, LimitedForTooLong, Unreachable
from tasks.github.api.response import (
    parse_rate_limit_headers,
    parse_remaining_points,
    parse_response,
    parse_skew,
)
from tasks.github.api.rest import MAX_RESPONSE_BYTES, connection_error, receive

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
RATE = {"cost": 1, "limit": 5000, "remaining": 4999, "resetAt": "2026-08-22T13:00:00Z"}
GOOD = {"viewer": {"login": "ann"}, "rateLimit": RATE}


def parse(body: object, status: int = 200, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return parse_response(status, named, json.dumps(body).encode(), subject="acme", now=NOW)


BROKEN: list[object] = [
    {"data": GOOD | {"rateLimit": RATE | {"resetAt": "yesterday"}}},
    {"data": GOOD | {"rateLimit": RATE | {"resetAt": "9999-12-31T23:59:59-23:59"}}},
    {"data": GOOD | {"rateLimit": RATE | {"resetAt": 5}}},
    {"data": GOOD | {"rateLimit": RATE | {"cost": None}}},
    {"data": GOOD | {"rateLimit": RATE | {"cost": -1}}},
    {"data": GOOD | {"rateLimit": RATE | {"limit": "²"}}},
    {"data": GOOD | {"rateLimit": RATE | {"remaining": 10**400}}},
    {"data": GOOD | {"rateLimit": {}}},
    {"data": GOOD | {"rateLimit": [1]}},
    {"data": GOOD, "errors": 5},
    {"data": GOOD, "errors": "no"},
    {"data": GOOD, "errors": {"message": "as an object"}},
    {"data": GOOD, "errors": ["a word"]},
    {"data": GOOD, "errors": [{"path": 5}]},
    {"data": GOOD, "errors": [{"extensions": [1]}]},
    {"data": GOOD, "errors": [{"type": {"a": 1}, "message": [2]}]},
    {"data": {"repositoryOwner": []}},
    {"data": {"repositoryOwner": "acme"}},
    {"data": {"nodes": {"id": "x"}}},
    {"data": []},
    {"data": 5},
    {"data": None, "errors": None},
    [],
    5,
    None,
    "text",
]


@pytest.mark.parametrize("body", BROKEN, ids=repr)
def test_an_envelope_that_cannot_be_is_an_error_of_ours(body: object) -> None:
    with pytest.raises(GitHubError):
        parse(body)


NUMBERS = ["²", "٣", "9" * 30, "9" * 400, "-1", "1e9", "", " ", "NaN", "0x10", "1_000"]
TIMES = [*NUMBERS, "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "tomorrow", "\x00"]


@pytest.mark.parametrize("value", TIMES)
@pytest.mark.parametrize("status", [200, 403, 429, 502])
def test_a_header_that_cannot_be_is_an_error_of_ours_or_none(value: str, status: int) -> None:
    headers = {"retry_after": value, "x_ratelimit_reset": value, "x_ratelimit_remaining": "0", "date": value}
    headers |= {"x_ratelimit_limit": value}
    try:
        parse({"data": GOOD, "message": "secondary rate limit"}, status, **headers)
    except GitHubError:
        assert status != 200
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    assert abs(parse_skew(named, NOW)) < timedelta(days=30_000)
    assert parse_rate_limit_headers(named) is None
    assert parse_remaining_points(json.dumps({"resources": {"graphql": {"reset": value}}}).encode()) is None


@given(
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "x-ratelimit-remaining", "date"]), st.text())
)
def test_any_text_in_any_header_is_survived(headers: dict[str, str]) -> None:
    for status in (200, 403, 429, 500):
        try:
            parse_response(status, headers, json.dumps({"data": GOOD}).encode(), subject="acme", now=NOW)
        except GitHubError:
            assert status != 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "data": VALUES
        | st.fixed_dictionaries({"rateLimit": VALUES | st.dictionaries(st.sampled_from(list(RATE)), VALUES)}),
        "errors": VALUES
        | st.lists(st.dictionaries(st.sampled_from(["type", "message", "path", "extensions"]), VALUES), max_size=2),
        "message": VALUES,
    },
)


@given(BODIES | VALUES, st.sampled_from([200, 401, 403, 404, 429, 500]))
def test_any_json_in_any_place_is_data_or_an_error_of_ours(body: object, status: int) -> None:
    try:
        response = parse_response(status, {}, json.dumps(body).encode(), subject="acme", now=NOW)
    except GitHubError:
        return
    assert isinstance(response.data, dict)
    assert response.rate_limit is None or isinstance(response.rate_limit, RateLimit)


@given(st.text() | st.integers() | st.floats() | st.none())
def test_a_number_or_a_time_is_one_of_this_century_or_none(value: Any) -> None:
    number = parse_number(value)
    assert number is None or 0 <= number < 10**15
    for found in (parse_iso_time(value), parse_http_date(str(value)), parse_delay(str(value), NOW)):
        assert found is None or 2000 <= found.year <= 2100


@pytest.mark.parametrize("seconds", ["315360000", "9" * 15, "7201"])
def test_a_wait_longer_than_any_limit_ends_with_a_sentence(seconds: str) -> None:
    with pytest.raises(LimitedForTooLong, match="asks to wait until") as caught:
        parse({"message": "You have exceeded a secondary rate limit"}, 403, retry_after=seconds)
    assert caught.value.until == NOW + MAX_WAIT


def test_a_wait_that_github_may_ask_for_is_waited_for() -> None:
    with pytest.raises(Limited) as caught:
        parse({"message": "You have exceeded a secondary rate limit"}, 403, retry_after="3600")
    assert not isinstance(caught.value, LimitedForTooLong)
    assert caught.value.until == NOW + timedelta(hours=1)


async def _receive(content: bytes, **headers: str) -> bytes:
    def respond(_: httpx.Request) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(200, headers=named, stream=httpx.ByteStream(content))

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        return (await receive(http, http.build_request("GET", "http://127.0.0.1/"), None, "acme")).content


def test_a_response_is_read_to_its_end() -> None:
    assert asyncio.run(_receive(b'{"a": 1}')) == b'{"a": 1}'
    assert asyncio.run(_receive(gzip.compress(b'{"a": 1}'), content_encoding="gzip")) == b'{"a": 1}'


def test_a_few_bytes_that_stand_for_gigabytes_are_given_up_early() -> None:
    bomb = gzip.compress(bytes(MAX_RESPONSE_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(Garbled, match="larger than 64 MB"):
        asyncio.run(_receive(bomb, content_encoding="gzip"))


def test_a_certificate_that_is_not_trusted_is_named_and_not_tried_again() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate"
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = refused
    found = connection_error(error, "acme")
    assert isinstance(found, CertificateRefused)
    assert str(found) == "acme: the certificate of the server is not trusted (self-signed certificate)"
    assert isinstance(connection_error(httpx.ConnectError("refused"), "acme"), Unreachable)
    assert "broke" in str(connection_error(httpx.ReadError("reset"), "acme"))
