"""What a provider refuses is told apart: a wait, a quota, the key, or this one request."""

import json

import pytest

from tasks.llm.errors import (
    AnswerRefused,
    AnswerUnusable,
    InputTooLong,
    KeyRefused,
    LlmError,
    QuotaExhausted,
    RateLimited,
)
from tasks.llm.provider.headers import parse_duration, parse_retry_after
from tasks.llm.provider.responses import raise_for_status

# https://github.com/ago19800/HomeMind/issues/29, https://github.com/HunorLaczko/ha-groq-cloud-api/issues/27
GROQ = (
    "Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_1` service tier `on_demand` on tokens "
    "per minute (TPM): Limit 12000, Used 4437, Requested 9854. Please try again in 11.455s. Need more tokens? Upgrade "
    "to Dev Tier today at https://console.groq.com/settings/billing"
)
GROQ_413 = GROQ.replace("Rate limit reached", "Request too large").replace("Limit 12000, Used 4437", "Limit 6000")
# https://github.com/ogkalu2/comic-translate/issues/403
GEMINI = (
    "You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: "
    "generate_content_free_tier_requests, limit: 20, model: gemini-2.5-flash Please retry in 58.8s. "
    "quotaId: GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
)


def refuse(status: int, message: str, **headers: str) -> LlmError:
    body = message if message.startswith("<") else json.dumps({"error": {"message": message}})
    with pytest.raises(LlmError) as caught:
        raise_for_status(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, 0.0)
    return caught.value


@pytest.mark.parametrize(("message", "seconds"), [(GROQ, 11.455), (GEMINI, 58.8)])
def test_a_limit_of_the_minute_is_waited_for_though_it_speaks_of_billing(message: str, seconds: float) -> None:
    limited = refuse(429, message)
    assert isinstance(limited, RateLimited)
    assert limited.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (413, GROQ_413, InputTooLong),
        (429, GROQ_413, InputTooLong),
        (429, GEMINI.replace("PerMinute", "PerDay"), QuotaExhausted),
        (429, "You exceeded your current quota, please check your plan and billing details.", QuotaExhausted),
        (400, "Your credit balance is too low. Please go to Plans & Billing.", QuotaExhausted),
        (403, "Your chosen model requires moderation and your input was flagged for violence", AnswerRefused),
        (400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", AnswerRefused),
        (400, "Output blocked by content filtering policy", AnswerRefused),
        (400, "Content Exists Risk", AnswerRefused),
        (403, "<!DOCTYPE html><title>Attention Required!</title>", AnswerUnusable),
        (403, "Country, region, or territory not supported", KeyRefused),
        (503, "the billing service does not respond, insufficient_quota", AnswerUnusable),
    ],
)
def test_a_refusal_is_of_the_account_or_of_this_request(status: int, message: str, kind: type[LlmError]) -> None:
    assert type(refuse(status, message)) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("5s", 5.0),
        ("1m30s", 90.0),
        ("Thu, 01 Jan 1970 00:00:20", 20.0),
        ("Thu, 01 Jan 1970 00:00:20 -0000", 20.0),
        ("Thu, 01 Jan 1970 00:00:20 +99999999999999", 7.0),
        ("soon", 7.0),
        ("nan", 7.0),
    ],
)
def test_a_wait_is_read_in_any_form_or_else_from_the_words(header: str, seconds: float) -> None:
    assert parse_retry_after({"retry-after": header}, "Try again in 7s", 0.0) == seconds


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Please retry after 30 seconds.", 30.0),
        ("try again in 120 milliseconds", None),
        ('{"@type": "RetryInfo", "retryDelay": "21s"}', 21.0),
    ],
)
def test_a_wait_in_words_is_read(words: str, seconds: float | None) -> None:
    assert parse_retry_after({}, words, 0.0) == seconds


@pytest.mark.parametrize(("text", "seconds"), [("1h 2m", 3720.0), ("500us", 0.0005), ("500µs", 0.0005), ("", None)])
def test_a_duration_has_units(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds
