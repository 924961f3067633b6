"""GitHub says the same thing in many ways: each is read as what it means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tasks.github.api.budget import RateLimit
from tasks.github.api.errors import (
    FieldMissing,
    Forbidden,
    Garbled,
    GitHubError,
    Limited,
    QueryRefused,
    SamlRequired,
    ScopeMissing,
    TimedOut,
    TokenRefused,
    TooHeavy,
)
from tasks.github.api.response import Response, parse_rate_limit_headers, parse_response, parse_skew

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def read(status: int = 200, body: Any = None, headers: dict[str, str] | None = None, **more: Any) -> Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return parse_response(status, headers or {}, content, subject="Scan of acme/one", now=T, **more)


def problem(kind: str, message: str = "no", **more: Any) -> dict[str, Any]:
    return {"type": kind, "message": message, **more}


def test_an_answer_tells_what_is_left_of_the_budget() -> None:
    limit = {"cost": 1, "limit": 5000, "remaining": 4999, "used": 1, "resetAt": "2026-08-22T12:30:00Z"}
    response = read(body={"data": {"rateLimit": limit, "node": None}})
    assert response.rate_limit == RateLimit(1, 5000, 4999, T + timedelta(minutes=30))


def test_the_headers_of_any_response_tell_what_is_left_of_the_hour_of_graphql() -> None:
    headers = {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "4998",
        "x-ratelimit-reset": str(int(T.timestamp()) + 60),
        "x-ratelimit-resource": "graphql",
    }
    assert parse_rate_limit_headers(headers) == RateLimit(0, 5000, 4998, T + timedelta(seconds=60))
    assert parse_rate_limit_headers(headers | {"x-ratelimit-resource": "core"}) is None
    assert parse_rate_limit_headers(headers | {"x-ratelimit-remaining": "?"}) is None
    assert parse_rate_limit_headers({}) is None


def test_a_server_without_limits_tells_nothing_of_them() -> None:
    assert read(body={"data": {"rateLimit": None}}).rate_limit is None


@pytest.mark.parametrize("kind", ["RATE_LIMIT", "RATE_LIMITED"])
def test_both_forms_of_the_primary_limit_are_waited_until_the_reset_in_the_header(kind: str) -> None:
    headers = {"x-ratelimit-reset": str(int((T + timedelta(minutes=9)).timestamp()))}
    with pytest.raises(Limited) as caught:
        read(body={"errors": [problem(kind, "API rate limit exceeded")]}, headers=headers)
    assert (caught.value.until, caught.value.is_secondary) == (T + timedelta(minutes=9), False)


@pytest.mark.parametrize("status", [403, 429])
def test_a_primary_limit_by_status_is_told_from_a_secondary_one_by_its_remainder(status: int) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(T.timestamp()) + 60)}
    with pytest.raises(Limited) as caught:
        read(status, {"message": "API rate limit exceeded"}, headers)
    assert (caught.value.until, caught.value.is_secondary) == (T + timedelta(seconds=60), False)


@pytest.mark.parametrize(
    ("retry_after", "until"),
    [
        ("30", T + timedelta(seconds=30)),
        ("Sat, 22 Aug 2026 12:05:00 GMT", T + timedelta(minutes=5)),
        ("", None),
        ("soon", None),
    ],
)
@pytest.mark.parametrize("status", [200, 403, 429])
def test_a_secondary_limit_ends_when_retry_after_says_in_seconds_as_a_date_or_not_at_all(
    status: int, retry_after: str, until: datetime | None
) -> None:
    words = "You have exceeded a secondary rate limit. Please wait."
    body = {"errors": [problem("", words)]} if status == 200 else {"message": words}
    with pytest.raises(Limited) as caught:
        read(status, body, {"retry-after": retry_after} if retry_after else {})
    assert (caught.value.until, caught.value.is_secondary) == (until, True)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", [b"", b"<html>502 Bad Gateway</html>", b'{"message": "Server Error"}'])
def test_a_server_that_is_over_its_time_is_known_by_its_status_whatever_the_body(status: int, body: bytes) -> None:
    with pytest.raises(TimedOut, match=f"Scan of acme/one: GitHub answered HTTP {status}"):
        read(status, body)


def test_what_github_says_beside_a_status_is_quoted_wherever_it_stands() -> None:
    with pytest.raises(TimedOut, match=r"HTTP 502 \(Something went wrong\)"):
        read(502, {"data": None, "errors": [{"message": "Something went wrong. Please include `AB:12` in reports"}]})


@pytest.mark.parametrize(
    "error",
    [
        problem("RESOURCE_LIMITS_EXCEEDED"),
        problem("MAX_NODE_LIMIT_EXCEEDED"),
        problem("", "Something went wrong while executing your query. This may be the result of a timeout"),
    ],
)
def test_partial_data_of_a_query_that_was_too_heavy_is_never_taken(error: dict[str, Any]) -> None:
    with pytest.raises(TooHeavy):
        read(body={"data": {"nodes": [{"id": "1"}, None]}, "errors": [error]})


def test_data_beside_an_unknown_error_is_never_taken() -> None:
    with pytest.raises(Garbled, match="INTERNAL is on fire"):
        read(body={"data": {"nodes": [{"id": "1"}]}, "errors": [problem("INTERNAL", "INTERNAL is on fire")]})


@pytest.mark.parametrize("body", [b"<html>unicorn</html>", b"", b'{"data": {"no', b"[1]", b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled, match="not JSON"):
        read(200, body)


def test_what_cannot_be_seen_is_null_with_its_problem_beside_it() -> None:
    response = read(
        body={
            "data": {"nodes": [{"id": "1"}, None]},
            "errors": [problem("NOT_FOUND", "Could not resolve", path=["nodes", 1])],
        }
    )
    assert response.problem_at("nodes", 0) is None
    found = response.problem_at("nodes", 1)
    assert found is not None
    assert found.kind == "NOT_FOUND"


def test_single_sign_on_is_asked_for_by_name() -> None:
    response = read(
        body={
            "data": {"repository": None},
            "errors": [
                problem(
                    "FORBIDDEN",
                    "Resource protected by organization SAML",
                    path=["repository"],
                    extensions={"saml_failure": True},
                )
            ],
        }
    )
    found = response.problem_at("repository")
    assert found is not None
    assert isinstance(found.as_error("acme/one"), SamlRequired)


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (401, "Bad credentials", TokenRefused),
        (403, "Resource not accessible by personal access token", Forbidden),
        (403, "Resource protected by organization SAML enforcement", SamlRequired),
        (404, "Not Found", QueryRefused),
        (302, "Moved", QueryRefused),
        (400, "Problems parsing JSON", QueryRefused),
    ],
)
def test_a_refusal_by_status_is_told_apart_from_a_fault(status: int, message: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=message):
        read(status, {"message": message})


def test_a_missing_scope_is_named_as_github_names_it() -> None:
    with pytest.raises(ScopeMissing, match=r"\['read:org'\]"):
        read(body={"data": None, "errors": [problem("INSUFFICIENT_SCOPES", "requires ['read:org']")]})


def test_a_field_that_the_server_lacks_is_refused_at_once() -> None:
    error = {"message": "Field 'x' doesn't exist on type 'PullRequest'", "extensions": {"code": "undefinedField"}}
    with pytest.raises(FieldMissing, match="Field 'x' doesn't exist") as caught:
        read(body={"errors": [error]})
    assert "Enterprise Server" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        {"data": None, "errors": [{"message": "Internal error of some kind"}]},
        {"errors": [{"type": "INTERNAL", "message": "Internal error of some kind"}]},
        {"message": "Internal error of some kind", "documentation_url": "https://docs.github.com/graphql"},
        {"data": None},
        {},
    ],
)
def test_an_unknown_error_without_data_may_pass_and_the_hint_does_not_guess(body: dict[str, Any]) -> None:
    with pytest.raises(Garbled) as caught:
        read(body=body)
    assert "Internal error" in caught.value.reason or "no data" in caught.value.reason
    assert "Enterprise" not in caught.value.hint
    assert not caught.value.ends_run


@pytest.mark.parametrize("words", ["timedout", "Timeout", "The query timed out"])
def test_a_timeout_with_status_200_is_known_by_its_words(words: str) -> None:
    with pytest.raises(TooHeavy):
        read(body={"data": None, "errors": [{"message": words}]})


@pytest.mark.parametrize(("headers", "until"), [({"retry-after": "30"}, T + timedelta(seconds=30)), ({}, None)])
def test_a_secondary_limit_in_the_body_of_rest_is_one_with_status_200_too(
    headers: dict[str, str], until: datetime | None
) -> None:
    body = {"message": "You have exceeded a secondary rate limit.", "documentation_url": "https://docs.github.com"}
    with pytest.raises(Limited) as caught:
        read(body=body, headers=headers)
    assert (caught.value.until, caught.value.is_secondary) == (until, True)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"message": "API rate limit exceeded for user ID 1."}),
        (200, {"message": "API rate limit exceeded for installation ID 1."}),
        (200, {"errors": [{"message": "API rate limit already exceeded for user ID 1."}]}),
    ],
)
def test_an_hourly_limit_is_known_by_its_words_if_the_headers_are_gone(status: int, body: dict[str, Any]) -> None:
    with pytest.raises(Limited) as caught:
        read(status, body)
    assert (caught.value.until, caught.value.is_secondary) == (None, False)


def test_a_429_is_a_limit_also_as_a_page() -> None:
    with pytest.raises(Limited) as caught:
        read(429, PAGE, {"retry-after": "30"})
    assert caught.value.until == T + timedelta(seconds=30)


def test_a_byte_order_mark_is_read_over() -> None:
    assert read(200, b'\xef\xbb\xbf{"data": {"viewer": {}}}').data == {"viewer": {}}


PAGE = b"<!DOCTYPE html><html><head><title>Sign in &lt;b&gt; to\n the proxy</title></head><body><h1>Denied</h1></body>"


@pytest.mark.parametrize("status", [200, 302, 403, 404, 407, 502, 511])
@pytest.mark.parametrize("body", [PAGE, orjson.dumps({"message": PAGE.decode()}), b"  <HTML>no title"])
def test_the_page_of_a_proxy_is_named_by_its_title_and_its_html_is_in_no_sentence(status: int, body: bytes) -> None:
    with pytest.raises(GitHubError) as caught:
        read(status, body)
    said = f"{caught.value} {caught.value.hint}"
    assert "<" not in said
    assert "a page of HTML" in said
    assert ("“Sign in b to the proxy”" in said) is (b"title>" in body)


def test_githubs_clock_is_translated_into_ours() -> None:
    ahead = T + timedelta(minutes=3)
    skew = parse_skew({"date": "Sat, 22 Aug 2026 12:03:00 GMT"}, T)
    assert skew == ahead - T
    limit = {"cost": 1, "limit": 5000, "remaining": 4999, "resetAt": "2026-08-22T12:30:00Z"}
    told = read(body={"data": {"rateLimit": limit}}, skew=skew).rate_limit
    assert told is not None
    assert told.reset_at == T + timedelta(minutes=27)


@pytest.mark.parametrize("date", ["", "nonsense", "Sat, 22 Aug 2026 12:00:01 GMT"])
def test_clocks_that_agree_or_do_not_tell_need_no_translation(date: str) -> None:
    assert parse_skew({"date": date}, T) == timedelta(0)


def test_a_long_page_of_an_error_is_quoted_briefly_and_on_one_line() -> None:
    with pytest.raises(TimedOut) as caught:
        read(502, b"<html>\n" + b"x" * 10_000)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)
