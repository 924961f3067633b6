"""Rate limits in the provider's response headers: how much is left, and how long to wait."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

_UNIT = "ms|us|µs|μs|ns|s|m(?!illi)|h|d"
_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNIT})\s*")
_SECONDS = {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# "Please try again in 7m12.5s" (Groq, OpenAI), "Please retry in 21.4s" and `"retryDelay": "21s"` (Gemini), "retry after
# 30 seconds" (Azure).
_TRY_AGAIN = re.compile(
    rf"(?:(?:try again|retry) (?:in|after)|retrydelay\\?\"\s*:\s*\\?\")\s*((?:\d+(?:\.\d+)?\s?(?:{_UNIT}))+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class RateLimitState:
    """State of one limit: `remaining` now, and all of `limit` again in `seconds`. None if the headers do not say."""

    remaining: int
    limit: int | None
    seconds: float | None


def parse_rate_limit(headers: Mapping[str, str], unit: str) -> RateLimitState | None:
    """Parse the limit of `unit`, `requests` or `tokens`; None if the provider does not say what remains."""
    remaining = _integer(headers.get(f"x-ratelimit-remaining-{unit}"))
    if remaining is None:
        return None
    limit = _integer(headers.get(f"x-ratelimit-limit-{unit}"))
    return RateLimitState(remaining, limit, parse_duration(headers.get(f"x-ratelimit-reset-{unit}") or ""))


def parse_retry_after(headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Return the seconds to wait after a 429: by header (seconds or a date), else by the error message."""
    value = headers.get("retry-after", "").strip()
    if value:
        seconds = parse_duration(value)
        found = _until_date(value, now) if seconds is None else seconds
        if found is not None:
            return found
    if milliseconds := _number(headers.get("retry-after-ms", "")):
        return milliseconds / 1000
    match = _TRY_AGAIN.search(message)
    return parse_duration(match.group(1)) if match else None


def parse_duration(text: str) -> float | None:
    """Return the seconds of `7.66s`, `2m59.56s`, `1h 2m`, `250ms` or a plain number; None for anything else."""
    text = text.strip().lower()
    plain = _number(text)
    if plain is not None:
        return plain
    if not text or _PART.sub("", text):
        return None
    parts = _PART.findall(text)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _until_date(value: str, now: float) -> float | None:
    try:
        at = parsedate_to_datetime(value)
        # Of a time without a zone, or of an unknown one (-0000): HTTP's times are in UTC.
        return max(at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now, 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def _integer(text: str | None) -> int | None:
    number = _number(text or "")
    return None if number is None else int(number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None
