"""Asking the model about one pull request, until there is an answer or a reason why not.

Retries are ours and not the SDK's: each attempt has to take a slot of the rate. The SDK's exceptions
hold the request with its key, so ours are raised `from None`.
"""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import httpx2
import openai

from tasks.llm.errors import AnswerRefused, AnswerUnusable, InputTooLong, PullRequestUnread, QuotaReached, RateLimited
from tasks.llm.prompt.answer_schema import Answer, parse_answer, wire_schema
from tasks.llm.prompt.prompt import Prompt
from tasks.llm.provider.limiter import MAX_WAIT_SECONDS, Clock, Limiter
from tasks.llm.provider.outcomes import Usage, raise_for_status, read_completion, usage_in
from tasks.llm.provider.providers import AnswerFormat, address_of, answer_format_of, provider_of, require_key
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.transport import SECONDS, PacedTransport

TRIES = 3
RETRY_SECONDS = (1.0, 4.0)
# What to wait after a 429 that does not say how long; each further one in a row waits longer.
RATE_LIMIT_SECONDS = (5.0, 10.0, 20.0, 40.0, 60.0)
# So many 429s without any answer in between, and the quota is taken for used up. Those of calls that were in
# flight together count as one.
MAX_CONSECUTIVE_RATE_LIMITS = 20


@dataclass(frozen=True)
class Reading:
    """An answer and what it took. `usage` includes the tries that failed; `latency_ms` is the last one's.

    `body` is the reply as it came.
    """

    answer: Answer
    model: str
    request_id: str | None
    finish_reason: str | None
    usage: Usage
    latency_ms: int
    attempts: int
    is_truncated: bool
    body: str


class ModelClient:
    """One model at one address. Use as an async context manager.

    `clock` gives seconds, for waits that a provider names as a date and for latencies; `make_nonce` is
    for tests. `usage` adds up all replies, answers or not.
    """

    def __init__(
        self,
        settings: LlmSettings,
        limiter: Limiter,
        *,
        clock: Clock,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(8),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._key = require_key(settings)
        self._settings = settings
        self._provider = provider_of(settings)
        self._limiter = limiter
        self._clock = clock
        self._make_nonce = make_nonce
        self._rate_limits_in_a_row = 0
        self._limited_until = 0.0
        self.usage = Usage()
        self.latencies: deque[float] = deque(maxlen=200)
        self._sdk = self._open(transport or _network())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sdk.close()

    async def read(self, prompt: Prompt) -> Reading:
        """The model's answer on one pull request.

        Raises ReadingStopped where nothing more should be sent, PullRequestUnread where this one could not
        be read: its `code` says why, its `attempts` how often it was tried.
        """
        usages: list[Usage] = []
        attempts, answer_tokens = 0, self._settings.max_completion_tokens
        while True:
            attempts += 1
            try:
                reading = await self._attempt(prompt, answer_tokens, usages)
                return replace(reading, usage=sum(usages, Usage()), attempts=attempts)
            except RateLimited as limited:
                attempts -= 1
                self._wait_out(limited)
            except InputTooLong as error:
                if prompt.is_halved:
                    raise _tried(error, attempts, usages) from None
                prompt = prompt.halved()
            except AnswerUnusable as error:
                if attempts >= TRIES:
                    raise _tried(error, attempts, usages) from None
                answer_tokens *= 2 if error.code == "truncated" else 1
                await self._limiter.pause_for_retry(RETRY_SECONDS[attempts - 1])
            except AnswerRefused as error:
                raise _tried(error, attempts, usages) from None

    async def read_once(self, prompt: Prompt) -> Reading:
        """One call and no second try; raises RateLimited as well."""
        return await self._attempt(prompt, self._settings.max_completion_tokens, [])

    async def _attempt(self, prompt: Prompt, answer_tokens: int, usages: list[Usage]) -> Reading:
        """One call; what it used is added to `usages`, whatever comes of it."""
        reply, seconds = await self._send(prompt, answer_tokens)
        usages.append(usage_in(reply.text))
        self.usage = self.usage + usages[-1]
        sent_at = self._clock() - seconds
        try:
            return self._judge(reply, seconds, prompt)
        except RateLimited as limited:
            limited.sent_at = sent_at
            raise

    def _judge(self, reply: httpx2.Response, seconds: float, prompt: Prompt) -> Reading:
        if reply.status_code != 200:
            raise_for_status(reply.status_code, reply.headers, reply.text, self._clock())
        self.latencies.append(seconds)
        try:
            reading = _reading(reply.text, seconds, prompt)
        except PullRequestUnread as error:
            error.body = reply.text
            raise
        self._rate_limits_in_a_row = 0
        return reading

    async def _send(self, prompt: Prompt, answer_tokens: int) -> tuple[httpx2.Response, float]:
        """The reply, whatever its status, and the seconds that it took from the moment it was sent."""
        try:
            raw = await self._sdk.chat.completions.with_raw_response.create(**self._request(prompt, answer_tokens))
            reply = raw.http_response
        except openai.APIStatusError as error:
            reply = error.response
        except openai.APITimeoutError:
            raise AnswerUnusable("timeout", "no answer in time", is_provider=True) from None
        except (openai.APIConnectionError, httpx2.HTTPError):
            raise AnswerUnusable("unreachable", "the provider cannot be reached", is_provider=True) from None
        return reply, float(reply.extensions.get(SECONDS, 0.0))

    def _request(self, prompt: Prompt, answer_tokens: int) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._settings.model,
            "messages": prompt.messages(self._make_nonce()),
            self._provider.answer_parameter: answer_tokens,
        }
        # As extra, the SDK sends it as it stands; as a parameter it walks the whole schema in every call.
        extra: dict[str, Any] = {}
        if self._provider.has_temperature:
            request["temperature"] = 0
        if "gpt-oss" in self._settings.model and self._provider.name in {"groq", "openrouter"}:
            request["reasoning_effort"] = "low"  # its reasoning counts to the answer's tokens
        answer_format = answer_format_of(self._settings)
        if answer_format is AnswerFormat.JSON_SCHEMA:
            schema = {"name": "pull_request", "strict": True, "schema": wire_schema()}
            extra["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif answer_format is AnswerFormat.JSON_OBJECT:
            extra["response_format"] = {"type": "json_object"}
        return {**request, "extra_body": extra}

    def _wait_out(self, limited: RateLimited) -> None:
        """Let nobody send until the provider allows it again; a long wait ends the run instead."""
        now = self._clock()
        if limited.sent_at >= self._limited_until:
            self._rate_limits_in_a_row += 1
        step = min(max(self._rate_limits_in_a_row, 1), len(RATE_LIMIT_SECONDS)) - 1
        seconds = RATE_LIMIT_SECONDS[step] if limited.seconds is None else limited.seconds
        self._limited_until = max(self._limited_until, now + seconds)
        self._limiter.pause(seconds)
        if seconds > MAX_WAIT_SECONDS:
            raise QuotaReached(f"The provider allows the next call only in {seconds / 60:.0f} minutes.")
        if self._rate_limits_in_a_row >= MAX_CONSECUTIVE_RATE_LIMITS:
            raise QuotaReached(f"The provider refused {self._rate_limits_in_a_row} calls in a row for their rate.")

    def _open(self, inner: httpx2.AsyncBaseTransport) -> openai.AsyncOpenAI:
        seconds = self._settings.timeout_seconds
        transport = PacedTransport(inner, self._limiter, self._key, seconds=seconds, clock=self._clock)
        # A redirect would forward the text to another host; proxies of the environment are honoured by `inner`.
        http_client = httpx2.AsyncClient(transport=transport, follow_redirects=False, timeout=seconds)
        base_url = address_of(self._settings)
        return openai.AsyncOpenAI(
            api_key=self._key, base_url=base_url, max_retries=0, timeout=seconds, http_client=http_client
        )


def _network() -> httpx2.AsyncBaseTransport:
    # No bound on connections: what is in flight is bounded by the batch, and a wait here would come after the slot.
    return httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50))


def _reading(body: str, seconds: float, prompt: Prompt) -> Reading:
    completion = read_completion(body)
    return Reading(
        answer=parse_answer(completion.content, prompt.text()),
        model=completion.model,
        request_id=completion.request_id,
        finish_reason=completion.finish_reason,
        usage=completion.usage,
        latency_ms=round(seconds * 1000),
        attempts=1,
        is_truncated=prompt.is_truncated,
        body=body,
    )


def _tried(error: PullRequestUnread, attempts: int, usages: list[Usage]) -> PullRequestUnread:
    error.attempts = attempts
    error.prompt_tokens = sum(usage.prompt_tokens for usage in usages)
    error.completion_tokens = sum(usage.completion_tokens for usage in usages)
    return error
