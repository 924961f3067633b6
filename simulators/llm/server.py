"""The server: POST /v1/chat/completions, GET /v1/models, and /_simulator/* to control and inspect it."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.clock import seconds
from simulators.guard import ControlGuard
from simulators.llm.answers import make_answer, stable_fraction
from simulators.llm.arrivals import MINUTE, ArrivalLog
from simulators.llm.faults import (
    Fault,
    FaultKind,
    corrupt_answer,
    corrupt_completion,
    error_response,
    make_fault_response,
)
from simulators.llm.obedience import Obedience
from simulators.serving import serve_in_thread

MODEL = "simulated"
BYTES_PER_TOKEN = 4  # of English text, as real tokenizers count

NAME = "the simulated language model"
START_SECONDS = 20.0


@dataclass
class LlmSimulator:
    """Settings and state of the server.

    `latency` is the minimum and the maximum of seconds until a response. Limits that are None are not enforced;
    requests are counted in any case. `shutdown_date` is that of all models in the list; `cached_tokens` of each prompt
    come from the cache, and do not count towards the limit of tokens, as with Groq. With `keep_bodies`, bodies and
    headers of requests are kept for tests.
    """

    latency: tuple[float, float] = (0.0, 0.0)
    rpm: int | None = None
    tpm: int | None = None
    rpd: int | None = None
    key: str | None = None
    obedience: Obedience = Obedience.OUTSIDE
    keep_bodies: bool = False
    shutdown_date: str | None = None
    cached_tokens: int = 0
    faults: list[Fault] = field(default_factory=list)
    arrival_log: ArrivalLog = field(default_factory=ArrivalLog)
    bodies: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refused: int = 0
    answered: int = 0

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.complete, methods=["POST"]),
                Route("/v1/models", self.list_models),
                Route("/_simulator/stats", self.show_stats),
                Route("/_simulator/arrivals", self.show_arrivals),
                Route("/_simulator/faults", self.add_fault, methods=["POST"]),
            ],
            middleware=[Middleware(ControlGuard)],
        )

    async def complete(self, request: Request) -> Response:
        now = time.monotonic()
        body = (await request.body()).decode()
        payload = json.loads(body)
        reserved = max(_reserved(payload) - self.cached_tokens, 0)
        used = self.arrival_log.in_last_minute(now)
        self.arrival_log.add(now, reserved)
        self._remember(request, body)
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return self._refuse(error_response(401, "invalid_api_key", "Invalid API Key"))
        if refusal := self._over_limit(used, reserved):
            return self._refuse(refusal)
        return await self._answer(payload, body, used, reserved)

    async def _answer(self, payload: dict[str, Any], body: str, used: tuple[int, int], reserved: int) -> Response:
        fault = self._fault(body)
        if fault is not None and (response := await make_fault_response(fault)) is not None:
            return self._refuse(response)
        low, high = self.latency
        await asyncio.sleep(low + (high - low) * stable_fraction(body[-400:]))
        kind = fault.kind if fault else FaultKind.STATUS
        if kind is FaultKind.BROKEN_JSON:
            return self._refuse(Response('{"choices": [', media_type="application/json"))
        content = corrupt_answer(make_answer(payload["messages"], self.obedience), kind)
        completion = corrupt_completion(self._completion(payload, content), kind)
        self.answered += 1
        return JSONResponse(completion, headers=self._headers(used, reserved))

    def _completion(self, payload: dict[str, Any], content: str) -> dict[str, Any]:
        sent = sum(len(str(message["content"]).encode()) for message in payload["messages"]) // BYTES_PER_TOKEN
        back = len(content.encode()) // BYTES_PER_TOKEN
        return {
            "id": f"simulated-{self.answered + 1}",
            "object": "chat.completion",
            "created": int(seconds()),
            "model": MODEL,
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
            "usage": {
                "prompt_tokens": sent,
                "completion_tokens": back,
                "total_tokens": sent + back,
                "prompt_tokens_details": {"cached_tokens": min(self.cached_tokens, sent)},
            },
        }

    def _fault(self, body: str) -> Fault | None:
        number = len(self.arrival_log.arrivals)
        fault = next((fault for fault in self.faults if fault.applies(number, body)), None)
        if fault is not None:
            fault.use_up()
        return fault

    def _over_limit(self, used: tuple[int, int], reserved: int) -> Response | None:
        if self.rpd is not None and len(self.arrival_log.arrivals) > self.rpd:
            return error_response(429, "rate_limit_exceeded", "requests per day (RPD)", {"retry-after": "3600"})
        if self.rpm is not None and used[0] >= self.rpm:
            return error_response(429, "rate_limit_exceeded", "requests per minute (RPM)", {"retry-after": "2"})
        if self.tpm is not None and used[1] + reserved > self.tpm:
            return error_response(429, "rate_limit_exceeded", "tokens per minute (TPM)", {"retry-after": "2"})
        return None

    def _headers(self, used: tuple[int, int], reserved: int) -> dict[str, str]:
        """Return rate limit headers like Groq's: requests are per day, tokens per minute."""
        headers: dict[str, str] = {}
        if self.rpd is not None:
            remaining = max(self.rpd - len(self.arrival_log.arrivals), 0)
            headers |= {"x-ratelimit-limit-requests": str(self.rpd), "x-ratelimit-remaining-requests": str(remaining)}
            headers["x-ratelimit-reset-requests"] = f"{86_400 / self.rpd * (self.rpd - remaining):.2f}s"
        if self.tpm is not None:
            remaining = max(self.tpm - used[1] - reserved, 0)
            headers |= {"x-ratelimit-limit-tokens": str(self.tpm), "x-ratelimit-remaining-tokens": str(remaining)}
            headers["x-ratelimit-reset-tokens"] = f"{MINUTE * (self.tpm - remaining) / self.tpm:.2f}s"
        return headers

    def _remember(self, request: Request, body: str) -> None:
        if self.keep_bodies:
            self.bodies.append(body)
            self.headers.append(dict(request.headers))

    def _refuse(self, response: Response) -> Response:
        self.refused += 1
        return response

    async def list_models(self, request: Request) -> Response:
        """Return the list as OpenAI's: shutdown_date is null until one is announced (docs/deprecations)."""
        entry = {"object": "model", "owned_by": "prflow", "shutdown_date": self.shutdown_date}
        return JSONResponse({"object": "list", "data": [{"id": name, **entry} for name in (MODEL, "some-model")]})

    async def show_stats(self, request: Request) -> Response:
        return JSONResponse(self.stats())

    async def show_arrivals(self, request: Request) -> Response:
        """Return of every request the seconds since the first, and the tokens that it reserved."""
        arrivals, tokens = list(self.arrival_log.arrivals), list(self.arrival_log.tokens)
        return JSONResponse({"seconds": [at - arrivals[0] for at in arrivals], "tokens": tokens[: len(arrivals)]})

    def stats(self) -> dict[str, Any]:
        requests, tokens = self.arrival_log.max_in_a_minute()
        return {
            "requests": len(self.arrival_log.arrivals),
            "answered": self.answered,
            "refused": self.refused,
            "max_requests_in_a_minute": requests,
            "max_tokens_in_a_minute": tokens,
        }

    async def add_fault(self, request: Request) -> Response:
        """Add a fault, given as JSON with the fields of `Fault`."""
        known = {entry.name for entry in fields(Fault)} - {"kind"}
        try:
            given = dict(await request.json())
            options = {name: value for name, value in given.items() if name in known}
            self.faults.append(Fault(**options, kind=FaultKind(given["kind"])))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"message": f"no such fault: {error}"}, 400)
        return JSONResponse({"faults": len(self.faults)})


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves at `url`, the base URL for an OpenAI client."""

    simulator: LlmSimulator
    url: str

    @property
    def faults(self) -> list[Fault]:
        return self.simulator.faults

    def stats(self) -> dict[str, Any]:
        return self.simulator.stats()


@contextmanager
def serve(simulator: LlmSimulator | None = None, port: int = 0) -> Iterator[RunningSimulator]:
    """Serve in a thread of this process, on a free port unless one is given, until the block ends."""
    simulator = simulator or LlmSimulator()
    with serve_in_thread(simulator.application(), port, NAME, seconds=START_SECONDS) as port:
        yield RunningSimulator(simulator, f"http://127.0.0.1:{port}/v1")


def _reserved(payload: dict[str, Any]) -> int:
    """Return the tokens that a provider counts on arrival: the text, and the longest answer requested."""
    text = sum(len(str(message.get("content", "")).encode()) for message in payload.get("messages", ()))
    return text // BYTES_PER_TOKEN + int(payload.get("max_completion_tokens") or payload.get("max_tokens") or 0)
