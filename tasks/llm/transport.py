"""HTTP that keeps the rate: every request, whoever sends it, takes a slot and counts what it used."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from tasks.llm.limiter import Clock, Limiter
from tasks.llm.prompt import estimate_tokens

LARGEST_REPLY_BYTES = 2_000_000
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

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        slot = await self._limiter.take(reserved_tokens(body))
        started = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._exchange(request, body, slot)
        except TimeoutError:
            raise httpx2.ReadTimeout(f"no complete answer in {self._seconds:.0f} s", request=request) from None
        response.extensions[SECONDS] = max(self._clock() - started, 0.0)
        self._limiter.observe(response.headers)
        if (used := used_tokens(response)) is not None:
            self._limiter.settle(slot, used)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _exchange(self, request: httpx2.Request, body: bytes, slot: int) -> httpx2.Response:
        sent = httpx2.Request(
            request.method,
            request.url,
            headers=self._own_headers(request.headers),
            stream=_Stamped(body, lambda: self._limiter.stamp(slot)),
            extensions=request.extensions,
        )
        response = await self._inner.handle_async_request(sent)
        content = await _read_bounded(response)
        await response.aclose()
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _BODY_HEADERS]
        return httpx2.Response(response.status_code, headers=headers, content=content, request=request)

    def _own_headers(self, headers: httpx2.Headers) -> httpx2.Headers:
        kept = {name: value for name, value in headers.items() if name.lower() in SENT_HEADERS}
        return httpx2.Headers({**kept, "authorization": f"Bearer {self._key}"})


@dataclass(frozen=True)
class _Stamped(httpx2.AsyncByteStream):
    """The request's body; whoever writes it comes back for more once it is written."""

    body: bytes
    written: Callable[[], None]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body
        self.written()


# The body is handed on decoded and whole.
_BODY_HEADERS = {b"content-encoding", b"transfer-encoding", b"content-length"}


async def _read_bounded(response: httpx2.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_REPLY_BYTES:
            raise httpx2.RemoteProtocolError(f"the reply is larger than {LARGEST_REPLY_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def reserved_tokens(body: bytes) -> int:
    """What a provider counts when the request arrives: the text, and the longest answer that is asked for."""
    asked = _json(body)
    longest = asked.get("max_completion_tokens") or asked.get("max_tokens") or 0
    text = sum(len(str(message.get("content", "")).encode()) for message in asked.get("messages", ()))
    return estimate_tokens(text) + int(longest)


def used_tokens(response: httpx2.Response) -> int | None:
    """As the reply's usage says; None where it says nothing. A refused request used nothing that we know of."""
    usage = _json(response.content).get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and total >= 0 else None


def _json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
