"""Faulty responses on demand: all kinds observed from providers and from the network."""

import asyncio
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse


class FaultKind(StrEnum):
    """Kinds of faulty responses; those of the second block change an otherwise valid answer."""

    STATUS = "status"
    RATE_LIMITED = "rate_limited"
    TOO_LARGE_FOR_THE_MINUTE = "too_large_for_the_minute"
    DAILY_QUOTA = "daily_quota"
    NO_CREDIT = "no_credit"
    INSUFFICIENT_QUOTA = "insufficient_quota"
    KEY_REVOKED = "key_revoked"
    UNKNOWN_MODEL = "unknown_model"
    CONTEXT_TOO_LONG = "context_too_long"
    JSON_VALIDATE_FAILED = "json_validate_failed"
    UNSUPPORTED = "unsupported"
    REDIRECT = "redirect"
    HTML = "html"
    ERROR_INSIDE = "error_inside"
    LIMIT_INSIDE = "limit_inside"
    HANG = "hang"
    TRICKLE = "trickle"
    DROP = "drop"

    BROKEN_JSON = "broken_json"
    BROKEN_ANSWER = "broken_answer"
    EMPTY = "empty"
    NULL_CHOICES = "null_choices"
    NO_CHOICES = "no_choices"
    NULL_CONTENT = "null_content"
    TRUNCATED = "truncated"
    UNKNOWN_VALUE = "unknown_value"
    MISSING_FIELD = "missing_field"
    EXTRA_FIELD = "extra_field"
    WRONG_TYPE = "wrong_type"
    LONG_SUMMARY = "long_summary"
    INVENTED_QUOTE = "invented_quote"
    FENCED = "fenced"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    NO_USAGE = "no_usage"


@dataclass
class Fault:
    """A faulty response.

    It is given `times` times (None: always), from request number `after` + 1 on, to requests that contain the text
    `match`. `status` is for STATUS, `retry_after` (seconds or a date) for 429s.
    """

    kind: FaultKind
    times: int | None = 1
    after: int = 0
    match: str = ""
    status: int = 500
    retry_after: str | None = None
    seconds: float = 60.0

    def applies(self, number: int, body: str) -> bool:
        return (self.times is None or self.times > 0) and number > self.after and self.match in body

    def use_up(self) -> None:
        if self.times is not None:
            self.times -= 1


UPGRADE = "Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing"

ERRORS: dict[FaultKind, tuple[int, str, str]] = {
    # Groq's words, without the wait, which it names a second time: https://github.com/continuedev/continue/issues/10920
    FaultKind.RATE_LIMITED: (
        429,
        "rate_limit_exceeded",
        "Rate limit reached for model in organization on requests per minute (RPM): Limit 30, Used 30, Requested 1. "
        f"{UPGRADE}",
    ),
    # The same, of one request: https://github.com/HunorLaczko/ha-groq-cloud-api/issues/27
    FaultKind.TOO_LARGE_FOR_THE_MINUTE: (
        429,
        "rate_limit_exceeded",
        "Request too large for model in organization on tokens per minute (TPM): Limit 6000, Requested 8123, please "
        f"reduce your message size and try again. {UPGRADE}",
    ),
    FaultKind.DAILY_QUOTA: (429, "rate_limit_exceeded", "Rate limit reached on tokens per day (TPD): Limit 200000."),
    FaultKind.NO_CREDIT: (402, "payment_required", "This request needs more credits."),
    FaultKind.INSUFFICIENT_QUOTA: (429, "insufficient_quota", "You exceeded your current quota, check your billing."),
    FaultKind.KEY_REVOKED: (401, "invalid_api_key", "Invalid API Key"),
    FaultKind.UNKNOWN_MODEL: (404, "model_not_found", "The model does not exist or you do not have access to it."),
    FaultKind.CONTEXT_TOO_LONG: (400, "context_length_exceeded", "Please reduce the length of the messages."),
    FaultKind.JSON_VALIDATE_FAILED: (
        400,
        "json_validate_failed",
        "Failed to generate JSON. Please adjust your prompt.",
    ),
    FaultKind.UNSUPPORTED: (400, "invalid_request_error", "'response_format' is not supported with this model."),
}


async def make_fault_response(fault: Fault) -> Response | None:
    """Return the response of a fault; None for the kinds that change a valid answer instead."""
    headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
    if fault.kind in ERRORS:
        return error_response(*ERRORS[fault.kind], headers)
    match fault.kind:
        case FaultKind.STATUS:
            return error_response(fault.status, "error", f"HTTP {fault.status}", headers)
        case FaultKind.REDIRECT:
            return Response(status_code=307, headers={"location": "http://127.0.0.1:9/stolen"})
        case FaultKind.HTML:
            return Response("<html><body>Sign in to the network</body></html>", media_type="text/html")
        case FaultKind.ERROR_INSIDE:
            return JSONResponse({"error": {"code": 502, "message": "Provider returned error"}})
        case FaultKind.LIMIT_INSIDE:
            return JSONResponse({"error": {"code": 429, "message": "Rate limited upstream. Try again in 7s"}})
        case FaultKind.HANG:
            await asyncio.sleep(fault.seconds)
            return Response(status_code=504)
        case FaultKind.TRICKLE | FaultKind.DROP:
            return StreamingResponse(_trickle(fault), media_type="application/json")
    return None


def error_response(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    error = {"message": message, "type": code, "code": code}
    return JSONResponse({"error": error}, status_code=status, headers=headers)


_NOTE = {"note": "as an assistant I also noticed"}
_OF_PULL_REQUEST: dict[FaultKind, dict[str, Any]] = {
    FaultKind.UNKNOWN_VALUE: {"work_type": "bug fix"},
    FaultKind.EXTRA_FIELD: _NOTE,
    FaultKind.WRONG_TYPE: {"risk_reasons": "touches_data"},
    FaultKind.LONG_SUMMARY: {"summary": "very " * 500},
    FaultKind.INVENTED_QUOTE: {"ai_level": "authored", "ai_evidence": "Generated with Claude by a robot"},
}
_OF_WEEK: dict[FaultKind, dict[str, Any]] = {
    FaultKind.UNKNOWN_VALUE: {"sentences": [{"text": "A quiet week.", "facts": ["F99"]}]},
    FaultKind.EXTRA_FIELD: _NOTE,
    FaultKind.WRONG_TYPE: {"sentences": "A quiet week."},
    FaultKind.LONG_SUMMARY: {"sentences": [{"text": "very " * 500, "facts": ["F1"]}]},
    FaultKind.INVENTED_QUOTE: {"sentences": [{"text": "The best week ever, thanks to Alice.", "facts": ["F1"]}]},
}


def corrupt_answer(answer: dict[str, Any], kind: FaultKind) -> str:
    """Return the content of the message: the answer as JSON, corrupted as the fault demands."""
    changed = {**answer, **(_OF_WEEK if "sentences" in answer else _OF_PULL_REQUEST).get(kind, {})}
    if kind is FaultKind.MISSING_FIELD:
        del changed["sentences" if "sentences" in answer else "risk"]
    text = json.dumps(changed)
    if kind is FaultKind.BROKEN_ANSWER:
        return text[:-20]
    return f"```json\n{text}\n```" if kind is FaultKind.FENCED else text


def corrupt_completion(completion: dict[str, Any], kind: FaultKind) -> dict[str, Any]:
    """Corrupt the response around the content as the fault demands."""
    message = completion["choices"][0]["message"]
    match kind:
        case FaultKind.EMPTY:
            message["content"] = ""
        case FaultKind.NULL_CONTENT:
            message["content"] = None
        case FaultKind.NULL_CHOICES:
            completion["choices"] = None
        case FaultKind.NO_CHOICES:
            completion["choices"] = []
        case FaultKind.TRUNCATED:
            completion["choices"][0]["finish_reason"] = "length"
            message["content"] = message["content"][:60]
        case FaultKind.REFUSAL:
            message.update(content=None, refusal="I can't help with that.")
        case FaultKind.CONTENT_FILTER:
            completion["choices"][0]["finish_reason"] = "content_filter"
            message["content"] = None
        case FaultKind.NO_USAGE:
            completion.pop("usage")
    return completion


async def _trickle(fault: Fault) -> Any:
    """Send a byte now and then, or drop the connection halfway."""
    yield b'{"id": "'
    if fault.kind is FaultKind.DROP:
        raise ConnectionResetError("dropped on purpose")
    for _ in range(int(fault.seconds * 20)):
        yield b" "
        await asyncio.sleep(0.05)
