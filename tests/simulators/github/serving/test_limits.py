"""Points per hour and minute, concurrent requests, and requests that come too early."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest

from simulators.github.serving.limits import Account, Limits, RetryAfter

NOW = 1_787_400_000.0


def test_points_are_taken_and_shown() -> None:
    account = Account(Limits())
    assert account.admit(NOW, 7) is None
    assert account.rate_limit(7, 30) == {
        "cost": 7,
        "limit": 5000,
        "remaining": 4993,
        "used": 7,
        "resetAt": "2026-08-22T13:00:00Z",
        "nodeCount": 30,
    }
    assert account.headers()["x-ratelimit-remaining"] == "4993"
    assert account.headers()["x-ratelimit-reset"] == str(int(NOW) + 3600)


def test_the_hour_begins_with_its_first_request_and_gives_the_points_back() -> None:
    account = Account(Limits(hourly_points=10, minute_points=100))
    assert account.admit(NOW, 10) is None
    refusal = account.admit(NOW + 1, 1)
    assert refusal is not None
    assert b"RATE_LIMIT" in refusal.body
    assert account.admit(NOW + 3599.9, 1) is not None
    assert account.admit(NOW + 3600, 1) is None


@pytest.mark.parametrize("form", ["RATE_LIMIT", "RATE_LIMITED"])
def test_the_primary_limit_comes_in_both_forms_with_http_200(form: str) -> None:
    account = Account(Limits(hourly_points=1, primary_form=form))
    account.admit(NOW, 1)
    refusal = account.admit(NOW + 1, 1)
    assert refusal is not None
    assert (refusal.status, f'"type":"{form}"'.encode() in refusal.body) == (200, True)


def test_more_than_the_points_of_a_minute_is_a_secondary_limit_until_it_is_over() -> None:
    account = Account(Limits(minute_points=100))
    assert account.admit(NOW, 60) is None
    refusal = account.admit(NOW + 1, 60)
    assert refusal is not None
    assert (refusal.status, refusal.headers["retry-after"]) == (403, "60")
    assert account.admit(NOW + 61.5, 60) is None


def test_more_than_a_hundred_at_once_is_a_secondary_limit() -> None:
    account = Account(Limits())
    account.in_flight = 100
    assert account.admit(NOW, 1) is None
    account.in_flight = 101
    assert account.admit(NOW, 1) is not None


@pytest.mark.parametrize("how", list(RetryAfter))
def test_who_comes_back_before_the_announced_time_is_counted(how: RetryAfter) -> None:
    account = Account(Limits())
    refusal = account.refuse_secondary(NOW, 429, how, 30)
    wait = {RetryAfter.ABSENT: 60, RetryAfter.SECONDS: 30, RetryAfter.DATE: 30}[how]
    if how is RetryAfter.DATE:
        assert parsedate_to_datetime(refusal.headers["retry-after"]).timestamp() == NOW + 30
    assert account.admit(NOW + wait - 1, 1) == refusal
    assert account.violations == 1
    assert account.admit(NOW + wait, 1) is None
    assert account.violations == 1


def test_a_request_that_was_already_on_its_way_is_no_violation() -> None:
    account = Account(Limits(grace_seconds=0.5))
    account.refuse_secondary(NOW, 403, RetryAfter.SECONDS, 30)
    assert account.admit(NOW + 0.4, 1) is not None
    assert account.violations == 0


def test_who_saw_that_nothing_remains_and_asks_again_is_counted() -> None:
    account = Account(Limits(hourly_points=5))
    assert account.admit(NOW, 5) is None
    account.note_sent(NOW)
    assert account.admit(NOW + 10, 1) is not None
    assert account.violations == 1


def test_tokens_have_limits_of_their_own(limited: Callable) -> None:
    client = limited(Limits(hourly_points=2))
    document = "{ viewer { login } rateLimit { remaining } }"
    assert [client.data(document)["rateLimit"]["remaining"] for _ in range(2)] == [1, 0]
    assert client.post(document).json()["errors"][0]["type"] == "RATE_LIMIT"
    client.token = "another-token"
    assert client.data(document)["rateLimit"]["remaining"] == 1


def test_the_headers_and_the_field_agree(limited: Callable) -> None:
    client = limited(Limits())
    response = client.post("{ viewer { login } rateLimit { remaining used resetAt limit } }")
    inside = response.json()["data"]["rateLimit"]
    assert response.headers["x-ratelimit-remaining"] == str(inside["remaining"])
    assert response.headers["x-ratelimit-used"] == str(inside["used"])


def test_violations_show_in_the_counts(limited: Callable) -> None:
    client = limited(Limits(minute_points=1, hourly_points=100))
    for _ in range(2):
        client.post("{ viewer { login } }")
    client.clock.now += 20
    client.post("{ viewer { login } }")
    client.clock.now += 60
    client.data("{ viewer { login } }")
    assert client.running.stats()["violations"] == 1
    assert client.running.stats()["requests"] == 4
