"""HTTP transport that keeps the rate limit: every request takes a slot and records the tokens it used."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from tasks.llm.provider.rate_limiter import Clock, RateLimiter
from tasks.llm.provider.responses import parse_usage
from tasks.llm.provider.token_estimate import TokenEstimator
from tasks.llm.provider.wrappings import MAX_DIGITS, unwrap_body

MAX_RESPONSE_BYTES = 2_000_000
# Nothing else is sent: the SDK adds OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS from the
# environment, whatever the address, and facts about this machine.
ALLOWED_HEADERS = frozenset({"host", "content-type", "content-length", "accept", "accept-encoding", "connection"})
# Key of the response's extensions: seconds from taking the slot to the last byte.
ELAPSED_SECONDS = "prflow_seconds"


class RateLimitedTransport(httpx2.AsyncBaseTransport):
    """Take a slot, send, mark when the body was written, read the response and its headers.

    `counts_cached_tokens` is False if the provider does not count prompt tokens from its cache towards the limits.
    `key` is the only credential that is sent. `seconds` bounds the complete exchange without the wait for the
    slot: the SDK's timeouts apply to each read, and a server that sends a byte a second would keep a request
    open for ever.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        limiter: RateLimiter,
        key: str,
        *,
        seconds: float,
        clock: Clock,
        counts_cached_tokens: bool = True,
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._key = key
        self._seconds = seconds
        self._clock = clock
        self._counts_cached_tokens = counts_cached_tokens
        self._estimator = TokenEstimator()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        size = read_request_size(body)
        slot = await self._limiter.acquire(self._estimator.estimate(size.text_bytes) + size.max_answer_tokens)
        started = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._exchange(request, body, slot)
        except TimeoutError:
            raise httpx2.ReadTimeout(f"no complete response in {self._seconds:.0f} s", request=request) from None
        response.extensions[ELAPSED_SECONDS] = max(self._clock() - started, 0.0)
        if (usage := read_reported_usage(response)) is not None:
            self._estimator.learn(size.text_bytes, usage.prompt_tokens)
            free = 0 if self._counts_cached_tokens else usage.cached_tokens
            requested = usage.prompt_tokens + size.max_answer_tokens
            self._limiter.record_usage(slot, requested - free, usage.total_tokens - free)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _exchange(self, request: httpx2.Request, body: bytes, slot: int) -> httpx2.Response:
        stream = _TimedBody(body, lambda: self._limiter.mark_sent(slot))
        headers = self._replace_headers(request.headers)
        sent = httpx2.Request(
            request.method, request.url, headers=headers, stream=stream, extensions=request.extensions
        )
        response = await self._inner.handle_async_request(sent)
        self._limiter.observe_headers(response.headers, stream.written_at)
        content = await _read_bounded(response)
        await response.aclose()
        kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _BODY_HEADERS]
        return httpx2.Response(response.status_code, headers=kept, content=content, request=request)

    def _replace_headers(self, headers: httpx2.Headers) -> httpx2.Headers:
        kept = {name: value for name, value in headers.items() if name.lower() in ALLOWED_HEADERS}
        return httpx2.Headers({**kept, "authorization": f"Bearer {self._key}"})


@dataclass
class _TimedBody(httpx2.AsyncByteStream):
    """The request's body. Its reader asks for more once the body is written: `mark_sent` then gives the time."""

    body: bytes
    mark_sent: Callable[[], float]
    written_at: float | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body
        self.written_at = self.mark_sent()


# The body is passed on decoded and complete.
_BODY_HEADERS = {b"content-encoding", b"transfer-encoding", b"content-length"}


async def _read_bounded(response: httpx2.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_RESPONSE_BYTES:
            raise httpx2.RemoteProtocolError(f"the response is larger than {MAX_RESPONSE_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


@dataclass(frozen=True)
class RequestSize:
    """What a provider counts when the request arrives: the text, and the longest answer that may follow."""

    text_bytes: int
    max_answer_tokens: int


@dataclass(frozen=True)
class ReportedUsage:
    """Tokens by the `usage` of the response; `cached_tokens` are among the `prompt_tokens`."""

    prompt_tokens: int
    total_tokens: int
    cached_tokens: int = 0


def read_request_size(body: bytes) -> RequestSize:
    """Read the size of a chat completion request from its JSON body."""
    request = _parse_object(body.decode())
    max_answer_tokens = request.get("max_completion_tokens") or request.get("max_tokens") or 0
    text_bytes = sum(len(str(message.get("content", "")).encode()) for message in request.get("messages", ()))
    return RequestSize(text_bytes, int(max_answer_tokens))


def read_reported_usage(response: httpx2.Response) -> ReportedUsage | None:
    """Read the usage of a response; None if it reports none, as refused requests do."""
    usage = _parse_object(response.text).get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, total = usage.get("prompt_tokens"), usage.get("total_tokens")
    is_complete = all(isinstance(count, int) and 0 <= count < 10**MAX_DIGITS for count in (prompt, total))
    cached = min(parse_usage(response.text).cached_tokens, int(prompt or 0)) if is_complete else 0
    return ReportedUsage(int(prompt or 0), int(total or 0), cached) if is_complete else None


def _parse_object(body: str) -> dict[str, Any]:
    """Return the JSON object in `body`, {} if it holds anything else."""
    try:
        parsed = json.loads(unwrap_body(body))
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
