"""What the configured language model says of recorded pull requests: a sample, read by the product's own client.

Beside the answers three things are looked at: whether a quote that the model gives stands in what it was sent;
how often it says something else when it is asked again; and how often when a text that gives orders is added.
"""

import asyncio
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.analysis.data import Recorded
from benchmarks.analysis.rules import Agreement, compute_agreement, work_type_by_rules
from benchmarks.injection.texts import TEXTS, plant
from tasks.clock import seconds
from tasks.llm.errors import AnalysisStopped, PullRequestFailed
from tasks.llm.prompt.answer_schema import Answer
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.providers import resolve_price
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.responses import Usage
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import PullRequest
from tasks.llm.run.client import ModelClient, ParsedCompletion
from tasks.llm.run.sizing import max_concurrency

# Of the sample, this share is read twice more: once as it is, once with an order in it.
ASKED_AGAIN_SHARE = 0.25
ORDERS = ("plain order", "polite order", "threat", "ready answer", "end of data", "developer mode", "system line")
COMPARED = ("work_type", "risk", "ai_level", "confidence")
_DATA = re.compile(r"<<<BEGIN PULL REQUEST \w+>>>\n(.*?)\n<<<END PULL REQUEST", re.DOTALL)


@dataclass(frozen=True)
class Quotes:
    """Answers that claim AI assistance: with a quote at all, and with one that stands in the input."""

    answers: int
    claims: int
    quoted: int
    found_in_input: int


@dataclass(frozen=True)
class Flips:
    """Of `pull_requests` read again: in how many each field came out differently."""

    why: str
    pull_requests: int
    fields: dict[str, int]


@dataclass(frozen=True)
class Model:
    """What a run over the sample found. `cost_usd` is None where the model's price is not known."""

    provider: str
    model: str
    asked: int
    answered: int
    unread: dict[str, int]
    stopped_because: str | None
    agreements: list[Agreement]
    quotes: Quotes
    flips: list[Flips]
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    seconds: float


@dataclass(frozen=True)
class Question:
    """One pull request to be read: `kind` is first, again or ordered."""

    kind: str
    pull_request: PullRequest


Told = Callable[[], None]


class _Kept(httpx2.AsyncByteStream):
    """The body as it is written, kept on the way."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner
        self.chunks: list[bytes] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self.chunks.append(chunk)
            yield chunk


class _Listening(httpx2.AsyncBaseTransport):
    """Keeps each question with its raw answer: quotes that the product drops would not be seen otherwise."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self.heard: list[tuple[bytes, bytes]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not isinstance(request.stream, httpx2.AsyncByteStream):
            raise TypeError("the client sends no asynchronous body")
        body = _Kept(request.stream)
        sent = httpx2.Request(
            request.method, request.url, headers=request.headers, stream=body, extensions=request.extensions
        )
        response = await self._inner.handle_async_request(sent)
        self.heard.append((b"".join(body.chunks), await response.aread()))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def choose_sample(recorded: Sequence[Recorded], limit: int) -> list[Recorded]:
    """So many that have a reference work type, the sources in turn, the same ones each time."""
    groups: dict[str, list[Recorded]] = {}
    for one in sorted((one for one in recorded if one.work_type), key=_chance):
        groups.setdefault(one.source, []).append(one)
    turns = [one for place in range(limit) for group in groups.values() for one in group[place : place + 1]]
    return turns[:limit]


def _chance(one: Recorded) -> str:
    return hashlib.sha256(one.pull_request.id.encode()).hexdigest()


async def read_sample(sample: Sequence[Recorded], settings: LlmSettings, home: Path, told: Told) -> Model:
    """Every question of the sample at the allowed rate; `told` is called after each.

    ValueError without a key. What was read stands, whatever stops the run.
    """
    questions, began = make_questions(sample), time.monotonic()
    listening = _Listening()
    limiter = open_rate_limiter(settings, home, clock=seconds, sleep=asyncio.sleep)
    try:
        async with ModelClient(settings, limiter, clock=seconds, transport=listening) as client:
            reader = _Reader(client, settings, told)
            await reader.read(questions)
    finally:
        limiter.close()
    return _summarise(sample, settings, reader, listening, client.usage, time.monotonic() - began)


def make_questions(sample: Sequence[Recorded]) -> list[Question]:
    """Each once; the first quarter once more as it is, and once with an order at the end of its body."""
    again = [one.pull_request for one in sample[: max(1, round(len(sample) * ASKED_AGAIN_SHARE))]]
    ordered = [plant(one, TEXTS[ORDERS[place % len(ORDERS)]], "body") for place, one in enumerate(again)]
    return [
        *(Question("first", one.pull_request) for one in sample),
        *(Question("again", one) for one in again),
        *(Question("ordered", one) for one in ordered),
    ]


class _Reader:
    """Reads questions side by side until all are read or the provider says stop."""

    def __init__(self, client: ModelClient, settings: LlmSettings, told: Told) -> None:
        self._client, self._settings, self._told = client, settings, told
        self.answers: dict[tuple[str, str], Answer] = {}
        self.unread: Counter[str] = Counter()
        self.stopped_because: str | None = None

    async def read(self, questions: Sequence[Question]) -> None:
        waiting = iter(questions)
        workers = max_concurrency(self._settings, [2.0])
        await asyncio.gather(*(self._work(waiting) for _ in range(min(workers, len(questions)))))

    async def _work(self, waiting: Iterator[Question]) -> None:
        for question in waiting:
            if self.stopped_because is not None:
                return
            await self._ask(question)
            self._told()

    async def _ask(self, question: Question) -> None:
        try:
            reading: ParsedCompletion = await self._client.complete(make_prompt(question.pull_request))
        except PullRequestFailed as error:
            self.unread[error.code] += 1
        except AnalysisStopped as error:
            self.stopped_because = self.stopped_because or str(error)
        else:
            self.answers[question.kind, question.pull_request.id] = reading.answer


def _summarise(
    sample: Sequence[Recorded], settings: LlmSettings, reader: _Reader, listening: _Listening, usage: Usage,
    seconds: float,
) -> Model:  # fmt: skip
    price = resolve_price(settings)
    first = {key: answer for (kind, key), answer in reader.answers.items() if kind == "first"}
    return Model(
        provider=settings.provider,
        model=settings.model,
        asked=len(sample),
        answered=len(first),
        unread=dict(reader.unread),
        stopped_because=reader.stopped_because,
        agreements=_agreements(sample, first),
        quotes=count_quotes(listening.heard),
        flips=[
            count_flips("asked again", "again", reader.answers),
            count_flips("order added", "ordered", reader.answers),
        ],
        calls=len(listening.heard),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost_usd=price.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) if price else None,
        seconds=seconds,
    )


def _agreements(sample: Sequence[Recorded], first: dict[str, Answer]) -> list[Agreement]:
    """The model alone, and as it is stored: the rules over it where they say something."""
    alone: dict[str, str | None] = {key: answer.work_type for key, answer in first.items()}
    by_rules = {one.pull_request.id: work_type_by_rules(one.pull_request) for one in sample}
    stored = {key: by_rules[key] or said for key, said in alone.items()}
    return [*compute_agreement(sample, "model", alone), *compute_agreement(sample, "rules over model", stored)]


def count_flips(why: str, kind: str, answers: dict[tuple[str, str], Answer]) -> Flips:
    """Of the pull requests that were read both at first and so: which fields differ."""
    both = [
        (answers["first", key], answer)
        for (k, key), answer in answers.items()
        if k == kind and ("first", key) in answers
    ]
    fields = {name: sum(getattr(one, name) != getattr(other, name) for one, other in both) for name in COMPARED}
    return Flips(why, len(both), fields)


def count_quotes(heard: Sequence[tuple[bytes, bytes]]) -> Quotes:
    """Over raw answers that are JSON objects at all."""
    claims: list[tuple[str, str]] = []
    answers = 0
    for question, reply in heard:
        answer = _raw_answer(reply)
        answers += answer is not None
        if answer is not None and answer.get("ai_level") in {"authored", "assisted", "mentioned"}:
            claims.append((_squeeze(str(answer.get("ai_evidence") or "")), _squeeze(_sent_text(question))))
    quoted = [(quote, text) for quote, text in claims if quote]
    return Quotes(answers, len(claims), len(quoted), sum(quote in text for quote, text in quoted))


def _raw_answer(reply: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(json.loads(reply)["choices"][0]["message"]["content"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return answer if isinstance(answer, dict) else None


def _sent_text(question: bytes) -> str:
    """The texts between the marks, as the model saw them."""
    content = json.loads(question)["messages"][-1]["content"]
    match = _DATA.search(content)
    return "\n".join(_strings(json.loads(match.group(1)))) if match else ""


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in _strings(each)]
    return [value] if isinstance(value, str) else []


def _squeeze(text: str) -> str:
    return " ".join(text.split()).casefold()
