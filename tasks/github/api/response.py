"""Parse HTTP responses of GitHub: a `Response`, or the error that it means.

Pure: bytes and headers in. GitHub says the same thing in several ways (a primary limit comes as HTTP 200
with RATE_LIMIT or RATE_LIMITED, or as 403; a secondary one as 403, 429 or 200, among `errors` or as `message`; a
timeout as 502, 504, an HTML page or an error in the body), and only this module knows them. An error without data
that is none of these is Garbled, which is retried: nothing is concluded from it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from tasks.github.api.budget import RateLimit
from tasks.github.api.envelope import (
    MAX_WAIT,
    as_object,
    as_path,
    parse_delay,
    parse_http_date,
    parse_iso_time,
    parse_number,
    parse_seconds_since_1970,
)
from tasks.github.api.errors import (
    FieldMissing,
    Forbidden,
    Garbled,
    GitHubError,
    Limited,
    LimitedForTooLong,
    NotFound,
    QueryRefused,
    SamlRequired,
    ScopeMissing,
    TimedOut,
    TokenRefused,
    TooHeavy,
)
from tasks.github.api.quoting import is_page, quote

Json = dict[str, Any]
"""An object of GitHub's JSON. Only `tasks/github` handles it; the `parse` modules turn it into rows."""

Row = dict[str, Any]
"""A row of the warehouse by column. The table's schema in `warehouse/schema/` says which types the values have."""

PRIMARY = {"RATE_LIMIT", "RATE_LIMITED"}
HEAVY = {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"}
ABOUT_ONE_NODE = {"NOT_FOUND", "FORBIDDEN"}
SECONDARY_WORDS = ("secondary rate limit", "abuse detection", "submitted too quickly")
# Of a hourly limit whose headers something in between took away.
PRIMARY_WORDS = ("api rate limit exceeded", "api rate limit already exceeded")
TIMEOUT_WORDS = (
    "something went wrong while executing your query",
    "couldn't respond to your request in time",
    "timeout",
    "timedout",
    "timed out",
)
# The code of an error says that the document is not valid for this server: it will be refused each time.
INVALID_DOCUMENT = {"undefinedField", "undefinedType", "argumentNotAccepted", "argumentLiteralsIncompatible"}
SERVER_ERROR, REQUEST_TIMEOUT = 500, 408
# Bytes of a body that is not JSON in which words for a message are looked for.
MAX_READ = 10_000
# Smaller differences are due to the network, not to the clocks.
MIN_SKEW = timedelta(seconds=2)
NO_SKEW = timedelta(0)
# Some proxies put it in front of what they pass on.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Problem:
    """An error about a part of a response: `path` leads to the null in its place."""

    kind: str
    message: str
    path: tuple[str | int, ...] = ()
    is_saml: bool = False

    @property
    def reason(self) -> str:
        """GitHub's message, short and on one line."""
        return quote(self.message) or "an error without words"

    def as_error(self, subject: str) -> GitHubError:
        """Return the error to raise if nothing else was requested."""
        kind = SamlRequired if self.is_saml else Forbidden
        return kind(self.reason, subject=subject)


@dataclass(frozen=True)
class Response:
    """The data of a query. `problems` explain its nulls: what does not exist or may not be seen."""

    data: Json
    problems: tuple[Problem, ...] = ()
    rate_limit: RateLimit | None = None

    def problem_at(self, *path: str | int) -> Problem | None:
        """Return the problem that explains the null at exactly this path."""
        return next((problem for problem in self.problems if problem.path == path), None)

    def problem_under(self, *path: str | int) -> Problem | None:
        """Return the first problem at or below this path: a null in a non-null field spreads to its parent."""
        return next((problem for problem in self.problems if problem.path[: len(path)] == path), None)

    def as_missing(self, path: str, reason: str) -> GitHubError:
        """Return the error for a null at `path`: that it may not be seen, if GitHub says so, else that it is not."""
        problem = self.problem_at(path)
        return problem.as_error(reason) if problem is not None and problem.kind == "FORBIDDEN" else NotFound(reason)


def parse_response(
    status: int, headers: Mapping[str, str], content: bytes, *, subject: str, now: datetime, skew: timedelta = NO_SKEW
) -> Response:
    """Return the response, or raise the error that it means. `skew` converts GitHub's times to the local clock."""
    check_status(status, headers, content, subject, now, skew)
    body = _decode(content, subject)
    problems = _parse_problems(body)
    _check_problems(problems, headers, subject, now, skew)
    data = body.get("data")
    if not isinstance(data, dict):
        limit = None if problems else _find_limit(status, headers, _read_message(content), subject, now, skew)
        raise limit or _refusal(problems or _parse_message(body), subject)
    unknown = [problem for problem in problems if problem.kind not in ABOUT_ONE_NODE]
    if unknown:
        # Data beside an unknown error may be incomplete in any way: it is never used.
        raise Garbled(unknown[0].reason, subject=subject)
    _check_fields(data, subject)
    return Response(data, problems, _parse_rate_limit(data, skew, subject))


def parse_remaining_points(content: bytes, skew: timedelta = NO_SKEW) -> RateLimit | None:
    """Return GraphQL's rate limit from REST's /rate_limit; None from a server without limits."""
    try:
        limit = as_object(as_object(as_object(orjson.loads(content)).get("resources")).get("graphql"))
    except orjson.JSONDecodeError:
        return None
    return _rate_limit(
        0, limit.get("limit"), limit.get("remaining"), parse_seconds_since_1970(limit.get("reset")), skew
    )


def parse_rate_limit_headers(headers: Mapping[str, str], skew: timedelta = NO_SKEW) -> RateLimit | None:
    """Return GraphQL's rate limit from the headers of any response, also a refusal; None if they do not say.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
    """
    if headers.get("x-ratelimit-resource", "graphql") != "graphql":
        return None
    reset_at = parse_seconds_since_1970(headers.get("x-ratelimit-reset", ""))
    return _rate_limit(0, headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining"), reset_at, skew)


def _rate_limit(
    cost: object, limit: object, remaining: object, reset_at: datetime | None, skew: timedelta
) -> RateLimit | None:
    """Return the rate limit; None unless every part of it can be."""
    spent, most, left = parse_number(cost), parse_number(limit), parse_number(remaining)
    if spent is None or most is None or left is None or reset_at is None:
        return None
    return RateLimit(spent, most, left, reset_at - skew)


def parse_skew(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how far GitHub's clock is ahead, by the Date header; zero if the clocks agree within 2 s."""
    sent_at = parse_http_date(headers.get("date", ""))
    if sent_at is None or abs(sent_at - now) < MIN_SKEW:
        return NO_SKEW
    return sent_at - now


def check_status(
    status: int, headers: Mapping[str, str], content: bytes, subject: str, now: datetime, skew: timedelta = NO_SKEW
) -> None:
    """Raise the error that an unsuccessful status means, in GraphQL and REST alike."""
    if 200 <= status < 300:
        return
    reason = _read_message(content)
    if status == 401:
        raise TokenRefused(f"GitHub does not accept the token ({reason})", subject=subject)
    if status == 429 or (status == 403 and not is_page(content)):
        raise _limit_or_refusal(status, headers, reason, subject, now, skew)
    if status >= SERVER_ERROR or status == REQUEST_TIMEOUT:
        raise TimedOut(f"GitHub answered HTTP {status} ({reason.partition('. ')[0]})", subject=subject)
    raise QueryRefused(f"GitHub answered HTTP {status} ({reason})", subject=subject)


def _limit_or_refusal(
    status: int, headers: Mapping[str, str], reason: str, subject: str, now: datetime, skew: timedelta
) -> GitHubError:
    if limit := _find_limit(status, headers, reason, subject, now, skew):
        return limit
    return SamlRequired(reason, subject=subject) if "saml" in reason.lower() else Forbidden(reason, subject=subject)


def _find_limit(
    status: int, headers: Mapping[str, str], reason: str, subject: str, now: datetime, skew: timedelta
) -> Limited | None:
    """Return the limit that a response without data means, by its headers and its message; None if it means none."""
    is_primary = headers.get("x-ratelimit-remaining") == "0" or _says(reason, PRIMARY_WORDS)
    if is_primary and not _is_secondary(reason):
        return _limited(reason, subject, _reset(headers, skew), now, is_secondary=False)
    if status == 429 or "retry-after" in headers or _is_secondary(reason):
        return _limited(reason, subject, _retry_after(headers, now, skew), now, is_secondary=True)
    return None


def _limited(reason: str, subject: str, until: datetime | None, now: datetime, *, is_secondary: bool) -> Limited:
    """Return the limit to wait for; LimitedForTooLong if no wait of GitHub's lasts as long as is asked."""
    if until is None or until <= now + MAX_WAIT:
        return Limited(reason, subject=subject, until=until, is_secondary=is_secondary)
    asked = f"the server asks to wait until {until:%Y-%m-%d %H:%M} UTC, longer than a rate limit lasts ({reason})"
    return LimitedForTooLong(asked, subject=subject, until=now + MAX_WAIT, is_secondary=is_secondary)


def _check_problems(
    problems: tuple[Problem, ...], headers: Mapping[str, str], subject: str, now: datetime, skew: timedelta
) -> None:
    for problem in problems:
        reason = problem.reason
        if _is_primary(problem):
            raise _limited(reason, subject, _reset(headers, skew), now, is_secondary=False)
        if _is_secondary(problem.message):
            raise _limited(reason, subject, _retry_after(headers, now, skew), now, is_secondary=True)
        if problem.kind == "INSUFFICIENT_SCOPES":
            raise ScopeMissing(reason, subject=subject)
        if problem.kind in HEAVY or _is_timeout(problem):
            raise TooHeavy(reason, subject=subject)


def _check_fields(data: Json, subject: str) -> None:
    """Each field of a query is an object or null; `nodes` alone is a list."""
    for name, value in data.items():
        if value is not None and not isinstance(value, list if name == "nodes" else dict):
            raise Garbled(f"the response has something else than an object in {quote(name)}", subject=subject)


def _refusal(problems: tuple[Problem, ...], subject: str) -> GitHubError:
    """Return the error that a response without any data means; one that is not known may pass."""
    first = problems[0] if problems else Problem("", "the response has no data")
    if first.kind == "FORBIDDEN":
        return first.as_error(subject)
    if first.kind == "NOT_FOUND":
        return NotFound(first.reason, subject=subject)
    return (FieldMissing if first.kind in INVALID_DOCUMENT else Garbled)(first.reason, subject=subject)


def _is_secondary(message: str) -> bool:
    return _says(message, SECONDARY_WORDS)


def _says(message: str, signs: Collection[str]) -> bool:
    return any(words in message.lower() for words in signs)


def _is_primary(problem: Problem) -> bool:
    is_said = not problem.kind and _says(problem.message, PRIMARY_WORDS)
    return (problem.kind in PRIMARY or is_said) and not _is_secondary(problem.message)


def _is_timeout(problem: Problem) -> bool:
    is_known = problem.kind in ABOUT_ONE_NODE
    return not is_known and _says(problem.message, TIMEOUT_WORDS)


def decode_leniently(content: bytes) -> object:
    """Return JSON whose texts hold what is no text in UTF-8, such as half of an emoji that was cut; None if it is none.

    What is no text becomes a lone surrogate, which `warehouse/guard/storable.py` finds.
    """
    try:
        return json.loads(content.decode("utf-8", "surrogateescape"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _decode(content: bytes, subject: str) -> Json:
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        body = decode_leniently(content)
    if not isinstance(body, dict):
        raise Garbled(f"the response is not JSON ({_read_message(content)})", subject=subject)
    return body


def _parse_problems(body: Json) -> tuple[Problem, ...]:
    """Return the errors; one that is not an object, and a list that is none, count as an error without words."""
    errors = body.get("errors") or []
    return tuple(_parse_problem(as_object(error)) for error in (errors if isinstance(errors, list) else [errors]))


def _parse_message(body: Json) -> tuple[Problem, ...]:
    """Return the error that REST's form means, `message` without `errors`, in which GraphQL's limits come, too."""
    return (Problem("", str(body["message"])),) if body.get("message") else ()


def _parse_problem(error: Json) -> Problem:
    extensions = as_object(error.get("extensions"))
    return Problem(
        kind=str(error.get("type") or extensions.get("code") or ""),
        message=str(error.get("message") or ""),
        path=as_path(error.get("path")),
        is_saml=bool(extensions.get("saml_failure")),
    )


def _parse_rate_limit(data: Json, skew: timedelta, subject: str) -> RateLimit | None:
    limit = data.get("rateLimit")
    if not isinstance(limit, dict):
        return None
    found = _rate_limit(
        limit.get("cost"), limit.get("limit"), limit.get("remaining"), parse_iso_time(limit.get("resetAt")), skew
    )
    if found is None:
        raise Garbled("the response has a rate limit that cannot be", subject=subject)
    return found


def _reset(headers: Mapping[str, str], skew: timedelta) -> datetime | None:
    reset_at = parse_seconds_since_1970(headers.get("x-ratelimit-reset", ""))
    return reset_at - skew if reset_at else None


def _retry_after(headers: Mapping[str, str], now: datetime, skew: timedelta) -> datetime | None:
    """Return the time of Retry-After, which comes in seconds, as a date, or not at all."""
    value = headers.get("retry-after", "").strip()
    if (until := parse_delay(value, now)) is not None:
        return until
    date = parse_http_date(value)
    return date - skew if date else None


def _read_message(content: bytes) -> str:
    """Return GitHub's message in the body of an error, short and on one line."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return quote(content[:MAX_READ].decode("utf-8", "replace")) or "empty"
    if not isinstance(body, dict):
        return "no message"
    problems = _parse_problems(body)
    return quote(str(body.get("message") or (problems[0].message if problems else ""))) or "no message"
