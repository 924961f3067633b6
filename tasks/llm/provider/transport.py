"""HTTP that keeps the rate: every request, whoever sends it, takes a slot and counts what it used."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tasks.llm.prompt.prompt import estimate_tokens
from tasks.llm.provider.limiter import Clock, Limiter

MAX_RESPONSE_BYTES = 2_000_000
# Nothing else leaves: the SDK adds OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS from the
# environment, whatever the address, and facts about this machine.
SENT_HEADERS = frozenset({"host", "content-type", "content-length", "accept", "accept-encoding", "connection"})
# Key of the response's extensions: seconds from the slot to the last byte.
SECONDS = "prflow_seconds"


class PacedTransport(httpx2.AsyncBaseTransport):
    """Takes a slot, sends, stamps the slot when the body was written, reads the reply and its headers.

    `key` is the only credential that leaves. `seconds` bounds the whole exchange, the wait for the slot
    left out: the SDK's timeouts are for each read, and a server that sends a byte a second would keep a
    call for ever.
    """

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, limiter: Limiter, key: str, *, seconds: float, clock: Clock
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._key = key
        self._seconds = seconds
        self._clock = clock
        self._estimate = Estimate()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        asked = read_asked(body)
        slot = await self._limiter.take(self._estimate.tokens(asked.text_bytes) + asked.answer_tokens)
        started = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._exchange(request, body, slot)
        except TimeoutError:
            raise httpx2.ReadTimeout(f"no complete answer in {self._seconds:.0f} s", request=request) from None
        response.extensions[SECONDS] = max(self._clock() - started, 0.0)
        if (used := read_used(response)) is not None:
            self._estimate.learn(asked.text_bytes, used.prompt_tokens)
            self._limiter.settle(slot, used.prompt_tokens + asked.answer_tokens, used.total_tokens)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _exchange(self, request: httpx2.Request, body: bytes, slot: int) -> httpx2.Response:
        stream = _Stamped(body, lambda: self._limiter.stamp(slot))
        headers = self._own_headers(request.headers)
        sent = httpx2.Request(
            request.method, request.url, headers=headers, stream=stream, extensions=request.extensions
        )
        response = await self._inner.handle_async_request(sent)
        self._limiter.observe(response.headers, stream.written_at)
        content = await _read_bounded(response)
        await response.aclose()
        kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _BODY_HEADERS]
        return httpx2.Response(response.status_code, headers=kept, content=content, request=request)

    def _own_headers(self, headers: httpx2.Headers) -> httpx2.Headers:
        kept = {name: value for name, value in headers.items() if name.lower() in SENT_HEADERS}
        return httpx2.Headers({**kept, "authorization": f"Bearer {self._key}"})


@dataclass
class _Stamped(httpx2.AsyncByteStream):
    """The request's body; whoever writes it comes back for more once it is written: `stamp` then says when."""

    body: bytes
    stamp: Callable[[], float]
    written_at: float | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body
        self.written_at = self.stamp()


# The body is handed on decoded and whole.
_BODY_HEADERS = {b"content-encoding", b"transfer-encoding", b"content-length"}


async def _read_bounded(response: httpx2.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_RESPONSE_BYTES:
            raise httpx2.RemoteProtocolError(f"the reply is larger than {MAX_RESPONSE_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


@dataclass(frozen=True)
class Asked:
    """What a provider counts when the request arrives: the text, and the longest answer that is asked for."""

    text_bytes: int
    answer_tokens: int


@dataclass(frozen=True)
class Used:
    """As the reply's usage says."""

    prompt_tokens: int
    total_tokens: int


@dataclass
class Estimate:
    """How many tokens a text has, before the provider has counted them.

    At first on the safe side; once it has counted a few, at the most tokens a byte among the newest: what is
    reserved too much cannot be used by anyone until the reply is there.
    """

    least: int = 5
    ratios: "deque[float]" = field(default_factory=lambda: deque(maxlen=50))

    def tokens(self, text_bytes: int) -> int:
        if len(self.ratios) < self.least:
            return estimate_tokens(text_bytes)
        return min(int(text_bytes * max(self.ratios)) + 1, estimate_tokens(text_bytes))

    def learn(self, text_bytes: int, prompt_tokens: int) -> None:
        if text_bytes and prompt_tokens:
            self.ratios.append(prompt_tokens / text_bytes)


def read_asked(body: bytes) -> Asked:
    asked = _json(body)
    longest = asked.get("max_completion_tokens") or asked.get("max_tokens") or 0
    text = sum(len(str(message.get("content", "")).encode()) for message in asked.get("messages", ()))
    return Asked(text, int(longest))


def read_used(response: httpx2.Response) -> Used | None:
    """None where the reply says nothing of it. A refused request used nothing that we know of."""
    usage = _json(response.content).get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, total = usage.get("prompt_tokens"), usage.get("total_tokens")
    is_whole = all(isinstance(count, int) and count >= 0 for count in (prompt, total))
    return Used(int(prompt or 0), int(total or 0)) if is_whole else None


def _json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
