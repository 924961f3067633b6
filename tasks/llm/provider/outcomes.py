"""What a reply means: the answer's text, or the error that says what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.llm.errors import (
    AnswerRefused,
    AnswerUnusable,
    FormatUnsupported,
    InputTooLong,
    KeyRefused,
    ModelUnknown,
    QuotaReached,
    RateLimited,
    RequestUnsupported,
)
from tasks.llm.provider.headers import parse_retry_after

# Conditions of the provider or of the way to it, which may be over a second later.
PASSING_STATUSES = frozenset({408, 409, 425, 498, 499})
TOO_LONG_SIGNS = ("context_length", "context length", "maximum context", "too long", "too large", "reduce the length")
FAILED_JSON_SIGNS = ("json_validate_failed", "failed to generate json", "failed to validate json")
SPENT_SIGNS = ("insufficient_quota", "billing", "insufficient credits", "exceeded your current quota")
DAILY_SIGNS = ("per day", "(rpd)", "(tpd)", "daily")
FORMAT_SIGNS = ("response_format", "json_schema", "json_object")
FILTER_SIGNS = ("content_filter", "content management policy", "content_policy", "safety")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Details(_Lenient):
    cached_tokens: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message | None = None
    finish_reason: str | None = None


class _Completion(_Lenient):
    id: str | None = None
    model: str | None = None
    choices: list[_Choice | None] | None = None
    usage: _Usage | None = None
    error: dict[str, Any] | str | None = None


@dataclass(frozen=True)
class Usage:
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True)
class Completion:
    """A reply that holds an answer; `content` is as the model wrote it."""

    content: str
    model: str
    request_id: str | None
    finish_reason: str | None
    usage: Usage


def read_completion(body: str) -> Completion:
    """The answer in a reply with status 200; raises what else it means."""
    try:
        reply = _Completion.model_validate_json(body)
    except ValidationError:
        raise AnswerUnusable("broken_reply", "the reply is not a chat completion", is_provider=True) from None
    if reply.error and not reply.choices:
        _raise_error_inside(reply.error)
    choice = reply.choices[0] if reply.choices else None
    if choice is None or choice.message is None:
        raise AnswerUnusable("no_choices", "the reply holds no choice", is_provider=True)
    if choice.finish_reason == "content_filter" or choice.message.refusal:
        raise AnswerRefused("content_filter" if choice.finish_reason == "content_filter" else "refusal")
    if choice.finish_reason == "length":
        raise AnswerUnusable("truncated", "the answer was cut at PRFLOW_LLM_MAX_COMPLETION_TOKENS")
    if not (choice.message.content or "").strip():
        raise AnswerUnusable("empty", "the answer is empty")
    return Completion(
        content=choice.message.content or "",
        model=reply.model or "",
        request_id=reply.id,
        finish_reason=choice.finish_reason,
        usage=_usage(reply.usage),
    )


def usage_in(body: str) -> Usage:
    """Tokens that a reply says it used, whatever else is wrong with it."""
    try:
        return _usage(_Completion.model_validate_json(body).usage)
    except ValidationError:
        return Usage()


def raise_for_status(status: int, headers: Mapping[str, str], body: str, now: float) -> NoReturn:
    """What a reply with a status other than 200 means. No message repeats the body: it may repeat the request."""
    said = body[:2000].lower()
    if status == 429:
        _raise_rate_limit(headers, body[:2000], now)
    if status == 402 or any(sign in said for sign in SPENT_SIGNS):
        raise QuotaReached("The provider says that the account has no credit left.")
    if status in {401, 403}:
        raise KeyRefused(f"The provider refused the key (HTTP {status}).")
    if status == 413 or (status in {400, 422} and any(sign in said for sign in TOO_LONG_SIGNS)):
        raise InputTooLong("too_long", "the input is too long for the model")
    if status == 404:
        raise ModelUnknown("The provider does not know the model or the address (HTTP 404).")
    _raise_other(status, said)


def _raise_other(status: int, said: str) -> NoReturn:
    if status in PASSING_STATUSES or status >= 500:
        raise AnswerUnusable(f"http_{status}", f"the provider answered HTTP {status}", is_provider=True)
    if any(sign in said for sign in FAILED_JSON_SIGNS):
        raise AnswerUnusable("json_validate_failed", "the provider could not make JSON of the answer")
    if any(sign in said for sign in FILTER_SIGNS):
        raise AnswerRefused("content_filter")
    if "model_not_found" in said or "model_decommissioned" in said:
        raise ModelUnknown("The provider does not offer the model.")
    if 300 <= status < 400:
        raise RequestUnsupported(f"The provider's address redirects elsewhere (HTTP {status}); text is not sent there.")
    if any(sign in said for sign in FORMAT_SIGNS):
        raise FormatUnsupported(f"The model does not take a format for its answer (HTTP {status}).")
    raise RequestUnsupported(f"The provider does not take the request (HTTP {status}).")


def _raise_rate_limit(headers: Mapping[str, str], message: str, now: float) -> NoReturn:
    said = message.lower()
    if any(sign in said for sign in SPENT_SIGNS):
        raise QuotaReached("The provider says that the account has no credit left.")
    seconds = parse_retry_after(headers, message, now)
    if seconds is None and any(sign in said for sign in DAILY_SIGNS):
        raise QuotaReached("The provider's daily quota is used up.")
    raise RateLimited("the provider asks to wait", seconds)


def _raise_error_inside(error: dict[str, Any] | str) -> NoReturn:
    """Routers answer 200 with the error of the provider behind them inside."""
    code = error.get("code") if isinstance(error, dict) else None
    status = int(code) if isinstance(code, int | str) and str(code).isdigit() and 400 <= int(code) < 600 else 500
    raise_for_status(status, {}, str(error), 0.0)


def _usage(usage: _Usage | None) -> Usage:
    if usage is None:
        return Usage()
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    return Usage(max(usage.prompt_tokens or 0, 0), max(cached or 0, 0), max(usage.completion_tokens or 0, 0))
