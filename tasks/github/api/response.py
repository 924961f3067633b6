"""An HTTP response of GitHub's GraphQL endpoint, read: an `Answer`, or the error that it amounts to.

Pure: bytes and headers in. GitHub says the same thing in several ways (a primary limit comes as HTTP 200
with RATE_LIMIT or RATE_LIMITED, or as 403; a secondary one as 403, 429 or 200; a timeout as 502, 504, an
HTML page or an error in the body), and this is the one place that knows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from tasks.github.api.budget import RateLimit
from tasks.github.api.errors import (
    Forbidden,
    Garbled,
    GitHubError,
    Limited,
    NotFound,
    QueryRefused,
    SamlRequired,
    ScopeMissing,
    TimedOut,
    TokenRefused,
    TooHeavy,
)

Json = dict[str, Any]
"""An object of GitHub's JSON. Only this package handles it as such; `parse` makes typed frames of it."""

PRIMARY = {"RATE_LIMIT", "RATE_LIMITED"}
HEAVY = {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"}
ABOUT_ONE_NODE = {"NOT_FOUND", "FORBIDDEN"}
SECONDARY_WORDS = ("secondary rate limit", "abuse detection", "submitted too quickly")
TIMEOUT_WORDS = (
    "something went wrong while executing your query",
    "couldn't respond to your request in time",
    "timeout",
)
MAX_QUOTE_LENGTH = 300
# Differences below this are the way's, not the clocks'.
SMALLEST_SKEW = timedelta(seconds=2)
AGREED = timedelta(0)


@dataclass(frozen=True)
class Problem:
    """An error that concerns a part of an answer: `path` leads to the null that stands for it."""

    kind: str
    message: str
    path: tuple[str | int, ...] = ()
    is_saml: bool = False

    @property
    def said(self) -> str:
        """GitHub's message, short and on one line."""
        return _quote(self.message)

    def as_error(self, asked: str) -> GitHubError:
        """The error to raise where that part is all that was asked."""
        kind = SamlRequired if self.is_saml else Forbidden
        return kind(self.said, asked=asked)


@dataclass(frozen=True)
class Response:
    """What was asked. `problems` name the nulls that stand for what is not there or may not be seen."""

    data: Json
    problems: tuple[Problem, ...] = ()
    rate_limit: RateLimit | None = None

    def problem_at(self, *path: str | int) -> Problem | None:
        """The problem that explains the null at exactly this path."""
        return next((problem for problem in self.problems if problem.path == path), None)

    def problem_under(self, *path: str | int) -> Problem | None:
        """The first problem of this path or of a part below it: GitHub's null goes up from where it may not be."""
        return next((problem for problem in self.problems if problem.path[: len(path)] == path), None)


def read_response(
    status: int, headers: Mapping[str, str], content: bytes, *, asked: str, now: datetime, skew: timedelta = AGREED
) -> Response:
    """The answer to `asked`; raises what it amounts to otherwise. GitHub's times are put back by `skew` to ours."""
    check_status(status, headers, content, asked, now, skew)
    body = _decode(content, asked)
    problems = _read_problems(body)
    _check_problems(problems, headers, asked, now, skew)
    data = body.get("data")
    if not isinstance(data, dict):
        raise _refusal(problems, asked)
    unknown = [problem for problem in problems if problem.kind not in ABOUT_ONE_NODE]
    if unknown:
        # Data beside an unknown error is incomplete in an unknown way: it is never taken.
        raise Garbled(unknown[0].said, asked=asked)
    return Response(data, problems, _read_rate_limit(data, skew))


def read_remainder(content: bytes, skew: timedelta = AGREED) -> RateLimit | None:
    """What REST's /rate_limit says of GraphQL's hour; None from a server without limits."""
    try:
        told = orjson.loads(content)["resources"]["graphql"]
        reset_at = datetime.fromtimestamp(int(told["reset"]), UTC) - skew
        return RateLimit(0, int(told["limit"]), int(told["remaining"]), reset_at)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


def read_told_limit(headers: Mapping[str, str], skew: timedelta = AGREED) -> RateLimit | None:
    """Return what the headers of any response, also a refusal, say of GraphQL's hour; None if they say nothing.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
    """
    limit, remaining = headers.get("x-ratelimit-limit", ""), headers.get("x-ratelimit-remaining", "")
    reset_at = _reset(headers, skew)
    is_graphql = headers.get("x-ratelimit-resource", "graphql") == "graphql"
    if reset_at is None or not (is_graphql and limit.isdigit() and remaining.isdigit()):
        return None
    return RateLimit(0, int(limit), int(remaining), reset_at)


def read_skew(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How far GitHub's clock is ahead of ours, from the Date header; zero where they agree within 2 s."""
    sent_at = _read_date(headers.get("date", ""))
    if sent_at is None or abs(sent_at - now) < SMALLEST_SKEW:
        return AGREED
    return sent_at - now


def check_status(
    status: int, headers: Mapping[str, str], content: bytes, asked: str, now: datetime, skew: timedelta = AGREED
) -> None:
    """Raises what a status other than success amounts to, in GraphQL and REST alike."""
    if 200 <= status < 300:
        return
    said = _said(content)
    if status == 401:
        raise TokenRefused(f"GitHub does not accept the token ({said})", asked=asked)
    if status in {403, 429}:
        raise _limit_or_refusal(status, headers, said, asked, now, skew)
    if status in {500, 502, 503, 504, 520, 522, 524}:
        raise TimedOut(f"GitHub answered HTTP {status} ({said.partition('. ')[0]})", asked=asked)
    raise QueryRefused(f"GitHub answered HTTP {status} ({said})", asked=asked)


def _limit_or_refusal(
    status: int, headers: Mapping[str, str], said: str, asked: str, now: datetime, skew: timedelta
) -> GitHubError:
    if headers.get("x-ratelimit-remaining") == "0" and not _is_secondary(said):
        return Limited(said, asked=asked, until=_reset(headers, skew), is_secondary=False)
    if status == 429 or "retry-after" in headers or _is_secondary(said):
        return Limited(said, asked=asked, until=_retry_after(headers, now, skew), is_secondary=True)
    return SamlRequired(said, asked=asked) if "saml" in said.lower() else Forbidden(said, asked=asked)


def _check_problems(
    problems: tuple[Problem, ...], headers: Mapping[str, str], asked: str, now: datetime, skew: timedelta
) -> None:
    for problem in problems:
        said = problem.said
        if problem.kind in PRIMARY and not _is_secondary(problem.message):
            raise Limited(said, asked=asked, until=_reset(headers, skew), is_secondary=False)
        if _is_secondary(problem.message):
            raise Limited(said, asked=asked, until=_retry_after(headers, now, skew), is_secondary=True)
        if problem.kind == "INSUFFICIENT_SCOPES":
            raise ScopeMissing(said, asked=asked)
        if problem.kind in HEAVY or _is_timeout(problem):
            raise TooHeavy(said, asked=asked)


def _refusal(problems: tuple[Problem, ...], asked: str) -> GitHubError:
    """What an answer without any data amounts to."""
    first = problems[0] if problems else Problem("", "the answer has no data")
    if first.kind == "FORBIDDEN":
        return first.as_error(asked)
    return (NotFound if first.kind == "NOT_FOUND" else QueryRefused)(first.said, asked=asked)


def _is_secondary(message: str) -> bool:
    return any(words in message.lower() for words in SECONDARY_WORDS)


def _is_timeout(problem: Problem) -> bool:
    is_known = problem.kind in ABOUT_ONE_NODE
    return not is_known and any(words in problem.message.lower() for words in TIMEOUT_WORDS)


def _decode(content: bytes, asked: str) -> Json:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Garbled(f"the answer is not JSON ({_said(content)})", asked=asked)
    return body


def _read_problems(body: Json) -> tuple[Problem, ...]:
    errors = body.get("errors") or []
    return tuple(
        Problem(
            kind=str(error.get("type") or (error.get("extensions") or {}).get("code") or ""),
            message=str(error.get("message") or ""),
            path=tuple(error.get("path") or ()),
            is_saml=bool((error.get("extensions") or {}).get("saml_failure")),
        )
        for error in errors
        if isinstance(error, dict)
    )


def _read_rate_limit(data: Json, skew: timedelta) -> RateLimit | None:
    told = data.get("rateLimit")
    if not isinstance(told, dict):
        return None
    reset_at = datetime.fromisoformat(str(told["resetAt"])) - skew
    return RateLimit(int(told["cost"]), int(told["limit"]), int(told["remaining"]), reset_at)


def _reset(headers: Mapping[str, str], skew: timedelta) -> datetime | None:
    seconds = headers.get("x-ratelimit-reset", "")
    return datetime.fromtimestamp(int(seconds), UTC) - skew if seconds.isdigit() else None


def _retry_after(headers: Mapping[str, str], now: datetime, skew: timedelta) -> datetime | None:
    """Retry-After comes in seconds, as a date, or not at all."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return now + timedelta(seconds=int(said))
    date = _read_date(said)
    return date - skew if date else None


def _read_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None


def _said(content: bytes) -> str:
    """GitHub's message in a body that is no answer, short and on one line."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _quote(content[:MAX_QUOTE_LENGTH].decode("utf-8", "replace")) or "empty"
    if not isinstance(body, dict):
        return "no message"
    problems = _read_problems(body)
    return _quote(str(body.get("message") or (problems[0].message if problems else ""))) or "no message"


def _quote(text: str) -> str:
    return " ".join(text.split())[:MAX_QUOTE_LENGTH]
