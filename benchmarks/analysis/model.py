"""Score the configured language model on a sample of recorded pull requests, with the product's own client.

Besides the answers three things are measured: whether the quotes that the model gives occur in its input; how often
an answer differs on a second request; and how often if an instruction is added to the text.
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
from tasks.llm.run.model_client import ModelClient
from tasks.llm.run.sizing import max_concurrency

# This share of the sample is sent twice more: once unchanged, once with an instruction in it.
ASKED_AGAIN_SHARE = 0.25
INSTRUCTIONS = ("plain order", "polite order", "threat", "ready answer", "end of data", "developer mode", "system line")
COMPARED = ("work_type", "risk", "ai_level", "confidence")
_DATA = re.compile(r"<<<BEGIN PULL REQUEST \w+>>>\n(.*?)\n<<<END PULL REQUEST", re.DOTALL)


@dataclass(frozen=True)
class Quotes:
    """Answers that claim AI assistance: how many have a quote, and how many quotes occur in the input."""

    answers: int
    claims: int
    quoted: int
    found_in_input: int


@dataclass(frozen=True)
class Flips:
    """In how many of `pull_requests` that were sent again each field differs."""

    why: str
    pull_requests: int
    fields: dict[str, int]


@dataclass(frozen=True)
class ModelScores:
    """Scores of the model on the sample. `cost_usd` is None if the price of the model is not known."""

    provider: str
    model: str
    asked: int
    answered: int
    failed: dict[str, int]
    stopped_because: str | None
    agreements: list[Agreement]
    quotes: Quotes
    flips: list[Flips]
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    seconds: float


@dataclass(frozen=True)
class Question:
    """One pull request to be sent: `kind` is first, again or instructed."""

    kind: str
    pull_request: PullRequest


OnAnswer = Callable[[], None]


class _RecordedBody(httpx2.AsyncByteStream):
    """A request body that keeps a copy of what is sent."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner
        self.chunks: list[bytes] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self.chunks.append(chunk)
            yield chunk


class _RecordingTransport(httpx2.AsyncBaseTransport):
    """Keeps each request with its raw response, since the product drops quotes that do not occur in the input."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self.exchanges: list[tuple[bytes, bytes]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not isinstance(request.stream, httpx2.AsyncByteStream):
            raise TypeError("the client does not send an asynchronous body")
        body = _RecordedBody(request.stream)
        sent = httpx2.Request(
            request.method, request.url, headers=request.headers, stream=body, extensions=request.extensions
        )
        response = await self._inner.handle_async_request(sent)
        self.exchanges.append((b"".join(body.chunks), await response.aread()))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def choose_sample(recorded: Sequence[Recorded], limit: int) -> list[Recorded]:
    """Choose `limit` pull requests with a reference, the sources in turn, always the same ones."""
    groups: dict[str, list[Recorded]] = {}
    for one in sorted((one for one in recorded if one.work_type), key=_chance):
        groups.setdefault(one.source, []).append(one)
    turns = [one for place in range(limit) for group in groups.values() for one in group[place : place + 1]]
    return turns[:limit]


def _chance(one: Recorded) -> str:
    return hashlib.sha256(one.pull_request.id.encode()).hexdigest()


async def score_sample(
    sample: Sequence[Recorded], settings: LlmSettings, home: Path, on_answer: OnAnswer
) -> ModelScores:
    """Send all questions about the sample at the allowed rate, and score the answers.

    `on_answer` is called after each. NotConfigured without a key. If something stops the run, the answers until then
    are scored.
    """
    questions, began = make_questions(sample), time.monotonic()
    transport = _RecordingTransport()
    limiter = open_rate_limiter(settings, home, clock=seconds, sleep=asyncio.sleep)
    try:
        async with ModelClient(settings, limiter, clock=seconds, transport=transport) as client:
            questioner = _Questioner(client, settings, on_answer)
            await questioner.ask_all(questions)
    finally:
        limiter.close()
    return _score(sample, settings, questioner, transport, client.usage, time.monotonic() - began)


def make_questions(sample: Sequence[Recorded]) -> list[Question]:
    """Make one question each; for the first quarter one more unchanged, and one with an instruction in the body."""
    again = [one.pull_request for one in sample[: max(1, round(len(sample) * ASKED_AGAIN_SHARE))]]
    instructed = [plant(one, TEXTS[INSTRUCTIONS[place % len(INSTRUCTIONS)]], "body") for place, one in enumerate(again)]
    return [
        *(Question("first", one.pull_request) for one in sample),
        *(Question("again", one) for one in again),
        *(Question("instructed", one) for one in instructed),
    ]


class _Questioner:
    """Asks questions concurrently until all are answered or the analysis is stopped."""

    def __init__(self, client: ModelClient, settings: LlmSettings, on_answer: OnAnswer) -> None:
        self._client, self._settings, self._on_answer = client, settings, on_answer
        self.answers: dict[tuple[str, str], Answer] = {}
        self.failed: Counter[str] = Counter()
        self.stopped_because: str | None = None

    async def ask_all(self, questions: Sequence[Question]) -> None:
        waiting = iter(questions)
        workers = max_concurrency(self._settings, [2.0])
        await asyncio.gather(*(self._work(waiting) for _ in range(min(workers, len(questions)))))

    async def _work(self, waiting: Iterator[Question]) -> None:
        for question in waiting:
            if self.stopped_because is not None:
                return
            await self._ask(question)
            self._on_answer()

    async def _ask(self, question: Question) -> None:
        try:
            completion = await self._client.complete(make_prompt(question.pull_request))
        except PullRequestFailed as error:
            self.failed[error.code] += 1
        except AnalysisStopped as error:
            self.stopped_because = self.stopped_because or str(error)
        else:
            self.answers[question.kind, question.pull_request.id] = completion.answer


def _score(
    sample: Sequence[Recorded],
    settings: LlmSettings,
    questioner: _Questioner,
    transport: _RecordingTransport,
    usage: Usage,
    seconds: float,
) -> ModelScores:
    price = resolve_price(settings)
    first = {key: answer for (kind, key), answer in questioner.answers.items() if kind == "first"}
    return ModelScores(
        provider=settings.provider,
        model=settings.model,
        asked=len(sample),
        answered=len(first),
        failed=dict(questioner.failed),
        stopped_because=questioner.stopped_because,
        agreements=_agreements(sample, first),
        quotes=count_quotes(transport.exchanges),
        flips=[
            count_flips("asked again", "again", questioner.answers),
            count_flips("instruction added", "instructed", questioner.answers),
        ],
        requests=len(transport.exchanges),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost_usd=price.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) if price else None,
        seconds=seconds,
    )


def _agreements(sample: Sequence[Recorded], first: dict[str, Answer]) -> list[Agreement]:
    """Compute the agreement of the model alone, and of what is stored: the rules take precedence over the model."""
    alone: dict[str, str | None] = {key: answer.work_type for key, answer in first.items()}
    by_rules = {one.pull_request.id: work_type_by_rules(one.pull_request) for one in sample}
    stored = {key: by_rules[key] or work_type for key, work_type in alone.items()}
    return [*compute_agreement(sample, "model", alone), *compute_agreement(sample, "rules over model", stored)]


def count_flips(why: str, kind: str, answers: dict[tuple[str, str], Answer]) -> Flips:
    """Count the fields that differ between the first answers and those of another kind of question."""
    both = [
        (answers["first", key], answer)
        for (k, key), answer in answers.items()
        if k == kind and ("first", key) in answers
    ]
    fields = {name: sum(getattr(one, name) != getattr(other, name) for one, other in both) for name in COMPARED}
    return Flips(why, len(both), fields)


def count_quotes(exchanges: Sequence[tuple[bytes, bytes]]) -> Quotes:
    """Count the quotes in raw answers that are JSON objects."""
    claims: list[tuple[str, str]] = []
    answers = 0
    for request, response in exchanges:
        answer = _raw_answer(response)
        answers += answer is not None
        if answer is not None and answer.get("ai_level") in {"authored", "assisted", "mentioned"}:
            claims.append((_squeeze(str(answer.get("ai_evidence") or "")), _squeeze(_sent_text(request))))
    quoted = [(quote, text) for quote, text in claims if quote]
    return Quotes(answers, len(claims), len(quoted), sum(quote in text for quote, text in quoted))


def _raw_answer(response: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(json.loads(response)["choices"][0]["message"]["content"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return answer if isinstance(answer, dict) else None


def _sent_text(request: bytes) -> str:
    """Return the texts between the marks, as the model saw them."""
    content = json.loads(request)["messages"][-1]["content"]
    match = _DATA.search(content)
    return "\n".join(_strings(json.loads(match.group(1)))) if match else ""


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in _strings(each)]
    return [value] if isinstance(value, str) else []


def _squeeze(text: str) -> str:
    return " ".join(text.split()).casefold()
