"""The server itself: POST /v1/chat/completions, GET /v1/models, and /_simulator/* to steer and ask it."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.clock import seconds
from simulators.llm.answers import answer, share_of
from simulators.llm.faults import Fault, Kind, error_response, respond, spoil_answer, spoil_completion
from simulators.llm.obedience import Obedience
from simulators.llm.oracle import MINUTE, Oracle

MODEL = "simulated"
BYTES_PER_TOKEN = 4  # of English text, as real tokenizers count


@dataclass
class Simulator:
    """Its settings and all that it remembers.

    `latency` is the least and the most seconds of an answer. Limits that are None are not kept; what
    arrives is counted in any case. With `keeps_bodies` the requests' bodies and headers are kept for tests.
    """

    latency: tuple[float, float] = (0.0, 0.0)
    rpm: int | None = None
    tpm: int | None = None
    rpd: int | None = None
    key: str | None = None
    obedience: Obedience = Obedience.OUTSIDE
    keeps_bodies: bool = False
    faults: list[Fault] = field(default_factory=list)
    oracle: Oracle = field(default_factory=Oracle)
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
            ]
        )

    async def complete(self, request: Request) -> Response:
        now = time.monotonic()
        body = (await request.body()).decode()
        asked = json.loads(body)
        reserved = _reserved(asked)
        left = self._left(now)
        self.oracle.note(now, reserved)
        self._remember(request, body)
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return self._refuse(error_response(401, "invalid_api_key", "Invalid API Key"))
        if refusal := self._over_limit(left, reserved):
            return self._refuse(refusal)
        return await self._answer(asked, body, left, reserved)

    async def _answer(self, asked: dict[str, Any], body: str, left: tuple[int, int], reserved: int) -> Response:
        fault = self._fault(body)
        if fault is not None and (reply := await respond(fault)) is not None:
            return self._refuse(reply)
        low, high = self.latency
        await asyncio.sleep(low + (high - low) * share_of(body[-400:]))
        kind = fault.kind if fault else Kind.STATUS
        if kind is Kind.BROKEN_JSON:
            return self._refuse(Response('{"choices": [', media_type="application/json"))
        content = spoil_answer(answer(asked["messages"], self.obedience), kind)
        completion = spoil_completion(self._completion(asked, content), kind)
        self.answered += 1
        return JSONResponse(completion, headers=self._headers(left, reserved))

    def _completion(self, asked: dict[str, Any], content: str) -> dict[str, Any]:
        sent = sum(len(str(message["content"]).encode()) for message in asked["messages"]) // BYTES_PER_TOKEN
        back = len(content.encode()) // BYTES_PER_TOKEN
        return {
            "id": f"simulated-{self.answered + 1}",
            "object": "chat.completion",
            "created": int(seconds()),
            "model": MODEL,
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": sent, "completion_tokens": back, "total_tokens": sent + back},
        }

    def _fault(self, body: str) -> Fault | None:
        number = len(self.oracle.arrivals)
        fault = next((fault for fault in self.faults if fault.applies(number, body)), None)
        if fault is not None:
            fault.use_up()
        return fault

    def _left(self, now: float) -> tuple[int, int]:
        """Requests and tokens of the last minute, before this request."""
        return self.oracle.in_last_minute(now)

    def _over_limit(self, used: tuple[int, int], reserved: int) -> Response | None:
        if self.rpd is not None and len(self.oracle.arrivals) > self.rpd:
            return error_response(429, "rate_limit_exceeded", "requests per day (RPD)", {"retry-after": "3600"})
        if self.rpm is not None and used[0] >= self.rpm:
            return error_response(429, "rate_limit_exceeded", "requests per minute (RPM)", {"retry-after": "2"})
        if self.tpm is not None and used[1] + reserved > self.tpm:
            return error_response(429, "rate_limit_exceeded", "tokens per minute (TPM)", {"retry-after": "2"})
        return None

    def _headers(self, used: tuple[int, int], reserved: int) -> dict[str, str]:
        """As Groq gives them: requests are of the day, tokens of the minute."""
        headers: dict[str, str] = {}
        if self.rpd is not None:
            remaining = max(self.rpd - len(self.oracle.arrivals), 0)
            headers |= {"x-ratelimit-limit-requests": str(self.rpd), "x-ratelimit-remaining-requests": str(remaining)}
            headers["x-ratelimit-reset-requests"] = f"{86_400 / self.rpd * (self.rpd - remaining):.2f}s"
        if self.tpm is not None:
            remaining = max(self.tpm - used[1] - reserved, 0)
            headers |= {"x-ratelimit-limit-tokens": str(self.tpm), "x-ratelimit-remaining-tokens": str(remaining)}
            headers["x-ratelimit-reset-tokens"] = f"{MINUTE * (self.tpm - remaining) / self.tpm:.2f}s"
        return headers

    def _remember(self, request: Request, body: str) -> None:
        if self.keeps_bodies:
            self.bodies.append(body)
            self.headers.append(dict(request.headers))

    def _refuse(self, response: Response) -> Response:
        self.refused += 1
        return response

    async def list_models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "prflow"}]})

    async def show_stats(self, request: Request) -> Response:
        return JSONResponse(self.stats())

    async def show_arrivals(self, request: Request) -> Response:
        """Every request: seconds since the first, and the tokens that it reserved."""
        arrivals, tokens = list(self.oracle.arrivals), list(self.oracle.tokens)
        return JSONResponse({"seconds": [at - arrivals[0] for at in arrivals], "tokens": tokens[: len(arrivals)]})

    def stats(self) -> dict[str, Any]:
        requests, tokens = self.oracle.most_in_a_minute()
        return {
            "requests": len(self.oracle.arrivals),
            "answered": self.answered,
            "refused": self.refused,
            "most_requests_in_a_minute": requests,
            "most_tokens_in_a_minute": tokens,
        }

    async def add_fault(self, request: Request) -> Response:
        """A fault as JSON, with the names of `Fault`."""
        given = await request.json()
        known = {entry.name for entry in fields(Fault)}
        self.faults.append(
            Fault(
                **{name: value for name, value in given.items() if name in known and name != "kind"},
                kind=Kind(given["kind"]),
            )
        )
        return JSONResponse({"faults": len(self.faults)})


@dataclass(frozen=True)
class Running:
    """A simulator that answers at `url`, the base URL of an OpenAI client."""

    simulator: Simulator
    url: str

    @property
    def faults(self) -> list[Fault]:
        return self.simulator.faults

    def stats(self) -> dict[str, Any]:
        return self.simulator.stats()


@contextmanager
def serve(simulator: Simulator | None = None, port: int = 0) -> Iterator[Running]:
    """Run it in a thread of this process, on a free port unless one is given, until the block ends."""
    simulator = simulator or Simulator()
    server = make_server(simulator, port)
    thread = threading.Thread(target=server.run, name="llm-simulator", daemon=True)
    thread.start()
    try:
        yield Running(simulator, f"http://127.0.0.1:{wait_for_port(server, thread)}/v1")
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=10)


def make_server(simulator: Simulator, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        simulator.application(), host="127.0.0.1", port=port, log_level="critical", lifespan="off", access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    return uvicorn.Server(config)


def wait_for_port(server: uvicorn.Server, thread: threading.Thread) -> int:
    """The port on which it listens; RuntimeError where it does not come up."""
    deadline = time.monotonic() + 20
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the simulated language model did not start")
        time.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


def _reserved(asked: dict[str, Any]) -> int:
    """What a provider counts on arrival: the text, and the longest answer that is asked for."""
    text = sum(len(str(message.get("content", "")).encode()) for message in asked.get("messages", ()))
    return text // BYTES_PER_TOKEN + int(asked.get("max_completion_tokens") or asked.get("max_tokens") or 0)
