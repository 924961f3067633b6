"""What surrounds the data of a response: numbers and times in headers and in `rateLimit`, the list of errors.

A broken or hostile server may send anything there. Whatever cannot be is None, and never a plain Python error: numbers
are at most fifteen ASCII digits, times are those of this century. Sizes are bounded in `rest.receive`.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

MAX_DIGITS = 15
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# A primary limit lasts an hour at most, a secondary one minutes: whoever asks for more is not waited for.
MAX_WAIT = timedelta(hours=2)


def parse_number(value: object) -> int | None:
    """Return a whole number that is not negative, from JSON or a header; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10**MAX_DIGITS else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def parse_seconds_since_1970(value: object) -> datetime | None:
    """Return the time of a Unix timestamp; None if there is none, or none of this century."""
    seconds = parse_number(value)
    if seconds is None or not FIRST.timestamp() <= seconds < LAST.timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def parse_http_date(text: str) -> datetime | None:
    """Return the time in a Date or Retry-After header; None if there is none, or none of this century."""
    try:
        return _within(parsedate_to_datetime(text).astimezone(UTC))
    except (ValueError, OverflowError, TypeError):
        return None


def parse_iso_time(value: object) -> datetime | None:
    """Return the time of a GraphQL DateTime; None if there is none, or none of this century."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return _within(found.astimezone(UTC)) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def parse_delay(value: str, now: datetime) -> datetime | None:
    """Return when the seconds of a Retry-After header are over; None if they are not a number."""
    seconds = parse_number(value)
    if seconds is None:
        return None
    try:
        return _within(now + timedelta(seconds=seconds)) or LAST
    except OverflowError:
        return LAST


def as_object(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_path(value: object) -> tuple[str | int, ...]:
    """Return the path of an error; an empty one unless it is a list of names and positions."""
    return tuple(part for part in value if isinstance(part, str | int)) if isinstance(value, list) else ()


def _within(timestamp: datetime) -> datetime | None:
    return timestamp if FIRST <= timestamp < LAST else None
