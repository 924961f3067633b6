"""Parse responses of a chat completion API: the model's answer, or the error that says what to do next."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tasks.llm.errors import (
    AnswerRefused,
    AnswerUnusable,
    FormatUnsupported,
    InputTooLong,
    KeyRefused,
    ModelNotFound,
    QuotaExhausted,
    RateLimited,
    RequestUnsupported,
)
from tasks.llm.provider.headers import parse_retry_after
from tasks.llm.provider.wrappings import as_count, as_error, as_object, as_text, first_of, join_parts, load_body

# Temporary conditions of the provider or the network, which a retry may overcome.
RETRYABLE_STATUSES = frozenset({408, 409, 424, 425, 498, 499})
TOO_LONG_SIGNS = (
    "context_length",
    "context length",
    "context window",
    "maximum context",
    "too long",
    "too large",
    "too many tokens",
    "reduce the length",
    "reduce your message size",
    "tokens must be reduced",
)
# With status 429, where "too many tokens" is a rate: wait, then send the same again.
TOO_LARGE_SIGNS = ("request too large", "context_length", "reduce your message size", "tokens must be reduced")
# "... on tokens per minute (TPM): Limit 6000, Requested 8123": of Groq and OpenAI, with status 413 or 429.
_REQUESTED = re.compile(r"\blimit:? ([\d,]{1,12})\b[^{}]{0,80}\brequested:? ([\d,]{1,12})\b", re.IGNORECASE)
FAILED_JSON_SIGNS = ("json_validate_failed", "failed to generate json", "failed to validate json")
# Not "billing" alone: every rate limit of Groq's ends in "Upgrade to Dev Tier today at .../settings/billing", and other
# refusals quote the request. https://github.com/continuedev/continue/issues/10920
NO_CREDIT_SIGNS = (
    "insufficient_quota",
    "insufficient credits",
    "insufficient balance",
    "credit balance",
    "billing_not_active",
    "billing_hard_limit",
    "billing to be enabled",
    "check your billing",
    "plans & billing",
)
# Gemini says this of the limit of a minute, too, with the wait: https://github.com/ogkalu2/comic-translate/issues/403
QUOTA_SIGNS = ("exceeded your current quota",)
DAILY_SIGNS = ("per day", "(rpd)", "(tpd)", "daily", "perday")
# https://openrouter.ai/docs/api/reference/errors-and-debugging: with status 403, of this one request.
FLAGGED_SIGNS = ("requires moderation", "input was flagged", "flagged_input", "content_policy_violation")
FORMAT_SIGNS = ("response_format", "json_schema", "json_object")
# Azure, OpenAI, Anthropic, Qwen and DeepSeek, each of one request.
FILTER_SIGNS = (
    "content_filter",
    "content management policy",
    "content_policy",
    "safety",
    "invalid_prompt",
    "prompt was flagged",
    "content filtering policy",
    "data_inspection_failed",
    "content exists risk",
)


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


# What is not the answer itself never decides whether it is read.
_Count = Annotated[int, BeforeValidator(as_count)]
_Text = Annotated[str | None, BeforeValidator(as_text)]
_Error = Annotated[dict[str, object] | str | None, BeforeValidator(as_error)]


class _Details(_Lenient):
    cached_tokens: _Count = 0


class _Usage(_Lenient):
    prompt_tokens: _Count = 0
    completion_tokens: _Count = 0
    prompt_tokens_details: Annotated[_Details, BeforeValidator(as_object)] = _Details()


class _Message(_Lenient):
    content: Annotated[str | None, BeforeValidator(join_parts)] = None
    refusal: _Text = None


class _Choice(_Lenient):
    message: _Message | None = None
    finish_reason: _Text = None
    error: _Error = None


class _Completion(_Lenient):
    id: _Text = None
    model: _Text = None
    choices: Annotated[list[_Choice | None] | None, BeforeValidator(first_of)] = None
    usage: Annotated[_Usage, BeforeValidator(as_object)] = _Usage()
    error: _Error = None


@dataclass(frozen=True)
class Usage:
    """Tokens used; `cached_tokens` are among the `prompt_tokens`."""

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
    """A response that holds an answer; `content` is the text as the model wrote it."""

    content: str
    model: str
    request_id: str | None
    finish_reason: str | None
    usage: Usage


def parse_completion(body: str) -> Completion:
    """Parse the body of a response with status 200; raise the matching error if it holds no answer."""
    try:
        response = _Completion.model_validate(load_body(body))
    except (ValueError, RecursionError):
        # With choices it is a completion that is wrapped in a way not known here: the provider works.
        is_fault = '"choices"' not in body
        raise AnswerUnusable(
            "broken_reply", "the response is not a chat completion", is_provider_fault=is_fault
        ) from None
    if response.error and not response.choices:
        _raise_nested_error(response.error)
    choice = response.choices[0] if response.choices else None
    if choice is not None and choice.error:
        _raise_nested_error(choice.error)
    if choice is None or choice.message is None:
        raise AnswerUnusable("no_choices", "the response holds no choice", is_provider_fault=True)
    if choice.finish_reason == "content_filter" or choice.message.refusal:
        raise AnswerRefused("content_filter" if choice.finish_reason == "content_filter" else "refusal")
    if choice.finish_reason == "length":
        raise AnswerUnusable("truncated", "the answer was cut off at PRFLOW_LLM_MAX_COMPLETION_TOKENS")
    if not (choice.message.content or "").strip():
        raise AnswerUnusable("empty", "the answer is empty")
    return Completion(
        content=choice.message.content or "",
        model=response.model or "",
        request_id=response.id,
        finish_reason=choice.finish_reason,
        usage=_usage(response.usage),
    )


def parse_usage(body: str) -> Usage:
    """Parse the tokens that a response reports, whatever else is wrong with it."""
    try:
        return _usage(_Completion.model_validate(load_body(body)).usage)
    except (ValueError, RecursionError):
        return Usage()


def raise_for_status(status: int, headers: Mapping[str, str], body: str, now: float) -> NoReturn:
    """Raise the error of a response with a status other than 200.

    No message quotes the body, since that may quote the request.
    """
    text = body[:2000].lower()
    if status == 429:
        _raise_rate_limit(headers, body[:2000], now)
    if status == 413:
        raise InputTooLong("too_long", "the input is too long for the model")
    if status == 402 or (status < 500 and any(sign in text for sign in (*NO_CREDIT_SIGNS, *QUOTA_SIGNS))):
        raise QuotaExhausted("The provider says that the account has no credit left.")
    if status == 403:
        _raise_forbidden(text)
    if status in {401, 403}:
        raise KeyRefused(f"The provider refused the key (HTTP {status}).")
    if status in {400, 422} and _names_its_size(text):
        raise InputTooLong("too_long", "the input is too long for the model")
    if status == 404:
        raise ModelNotFound("The provider does not know the model or the URL (HTTP 404).")
    _raise_other(status, text)


def _names_its_size(text: str, signs: Collection[str] = TOO_LONG_SIGNS) -> bool:
    """Return whether a refusal is for the size of this request: sent again as it is, it is refused again."""
    if any(sign in text for sign in signs):
        return True
    numbers = _REQUESTED.search(text)
    limit, requested = (int(number.replace(",", "") or 0) for number in numbers.groups()) if numbers else (0, 0)
    return requested > limit


def _raise_forbidden(text: str) -> None:
    """Raise the error of a 403 that is not about the key: of a filter for this request, or of a page in between."""
    if any(sign in text for sign in FLAGGED_SIGNS):
        raise AnswerRefused("content_filter")
    if text.lstrip("\ufeff \t\r\n").startswith(("<!doctype", "<html", "<head", "<?xml", "<!--")):
        # Firewalls read what is sent, too, and take code for an attack.
        raise AnswerUnusable("http_403", "a page came in place of the provider's response", is_provider_fault=True)


def _raise_other(status: int, text: str) -> NoReturn:
    if status in RETRYABLE_STATUSES or status >= 500:
        raise AnswerUnusable(f"http_{status}", f"the provider returned HTTP {status}", is_provider_fault=True)
    if any(sign in text for sign in FAILED_JSON_SIGNS):
        raise AnswerUnusable("json_validate_failed", "the model's answer was not valid JSON")
    if any(sign in text for sign in FILTER_SIGNS):
        raise AnswerRefused("content_filter")
    if "model_not_found" in text or "model_decommissioned" in text:
        raise ModelNotFound("The provider does not offer the model.")
    if 300 <= status < 400:
        raise RequestUnsupported(
            f"The provider redirects to another address (HTTP {status}); prflow does not send text there."
        )
    if any(sign in text for sign in FORMAT_SIGNS):
        raise FormatUnsupported(f"The model does not support this answer format (HTTP {status}).")
    raise RequestUnsupported(f"The provider does not accept the request (HTTP {status}).")


def _raise_rate_limit(headers: Mapping[str, str], message: str, now: float) -> NoReturn:
    text = message.lower()
    if _names_its_size(text, TOO_LARGE_SIGNS):
        raise InputTooLong("too_long", "the input is too long for the provider's limit")
    seconds = parse_retry_after(headers, message, now)
    is_of_day = any(sign in text for sign in DAILY_SIGNS)
    # Gemini names a wait of seconds beside a quota of the day, which none of them ends.
    if is_of_day and (seconds is None or "perday" in text):
        raise QuotaExhausted("The provider's daily quota is used up.")
    has_no_credit = any(sign in text for sign in NO_CREDIT_SIGNS)
    if has_no_credit or (seconds is None and any(sign in text for sign in QUOTA_SIGNS)):
        raise QuotaExhausted("The provider says that the account has no credit left.")
    raise RateLimited("the provider limits the rate", seconds)


_ERROR_STATUS = re.compile(r"[45][0-9]{2}")


def _raise_nested_error(error: dict[str, object] | str) -> NoReturn:
    """Raise the error within a response with status 200: routers pass on their provider's errors like that."""
    code = error.get("code") if isinstance(error, dict) else None
    status = int(code) if isinstance(code, int | str) and _ERROR_STATUS.fullmatch(str(code)) else 500
    raise_for_status(status, {}, str(error), 0.0)


def _usage(usage: _Usage) -> Usage:
    return Usage(usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens)
