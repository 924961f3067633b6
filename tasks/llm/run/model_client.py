"""Client of the model: one pull request at a time, with retries until there is an answer or a reason for none.

Retries are ours and not the SDK's, since each attempt has to take a slot of the rate limit. The SDK's exceptions
hold the request with its key, so ours are raised `from None`.
"""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn, Self

import httpx2
import openai

from tasks.llm.errors import (
    AnswerRefused,
    AnswerUnusable,
    InputTooLong,
    PullRequestFailed,
    QuotaExhausted,
    RateLimited,
    RateLimitedTooOften,
    RequestUnsupported,
)
from tasks.llm.prompt.answered import Answered
from tasks.llm.prompt.question import Question, T
from tasks.llm.provider.outage import Outages, OutageWaits
from tasks.llm.provider.providers import (
    AnswerFormat,
    require_key,
    resolve_answer_format,
    resolve_base_url,
    resolve_provider,
    resolve_reasoning_effort,
)
from tasks.llm.provider.rate_limiter import MAX_WAIT_SECONDS, Clock, RateLimiter
from tasks.llm.provider.responses import Usage, parse_completion, parse_usage, raise_for_status
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.transport import ELAPSED_SECONDS, RateLimitedTransport

MAX_ATTEMPTS = 3
RETRY_SECONDS = (1.0, 4.0)
# How long to wait after a 429 that does not say so; consecutive ones wait longer.
RATE_LIMIT_SECONDS = (5.0, 10.0, 20.0, 40.0, 60.0)
# After this many 429s without an answer in between, the quota counts as used up. Those of requests that were in
# flight together count as one.
MAX_CONSECUTIVE_RATE_LIMITS = 20
# So many 429s of one request while others are answered: the limit is on its size, though the provider does not say so.
MAX_OWN_RATE_LIMITS = 5
ONLY_THIS_ONE = "the provider limits the rate of this request alone"
# An input that is too long is sent as its half, then as its quarter.
MAX_HALVINGS = 2


class ModelClient:
    """Client of one model at one address. Use it as an async context manager.

    `clock` gives seconds since 1970, for latencies and for waits that a provider gives as a date. `make_nonce` is
    for tests. `usage` adds up all responses, whether they hold an answer or not.
    """

    def __init__(
        self,
        settings: LlmSettings,
        limiter: RateLimiter,
        *,
        clock: Clock,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(8),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._key = require_key(settings)
        self._settings = settings
        self._provider = resolve_provider(settings)
        self.limiter = limiter
        self._clock = clock
        self._make_nonce = make_nonce
        self._consecutive_rate_limits = 0
        self._outages = Outages()
        # Until when a request waits for a provider that is away, in the seconds of `clock`; None while it responds.
        self.away_until: float | None = None
        self._limited_until = 0.0
        self._max_tokens = settings.max_completion_tokens
        self.usage = Usage()
        self.latencies: deque[float] = deque(maxlen=200)
        self._sdk = self._open(transport or _default_transport(resolve_base_url(settings)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sdk.close()

    async def complete(self, prompt: Question[T]) -> Answered[T]:
        """Return the model's answer to one question, as about one pull request.

        Raises AnalysisStopped if nothing more should be sent, PullRequestFailed if this one failed: its `code` says
        why, its `attempts` how often it was tried.
        """
        usages: list[Usage] = []
        attempts, limited_count, max_tokens = 0, 0, self._max_tokens
        answered_before = self._outages.answered
        waits = OutageWaits(self._outages)
        while True:
            attempts += 1
            try:
                completion = await self._attempt(prompt, max_tokens, usages)
                # A length that one answer needed is asked for from then on: others would take two requests as well.
                self._max_tokens = max(self._max_tokens, max_tokens)
                return replace(completion, usage=sum(usages, Usage()), attempts=attempts)
            except RateLimited as limited:
                attempts -= 1
                limited_count += 1
                if limited_count % MAX_OWN_RATE_LIMITS == 0 and self._outages.answered > answered_before:
                    prompt = self._shorten(prompt, InputTooLong("rate_limited", ONLY_THIS_ONE), attempts, usages)
                else:
                    self._pause_for(limited)
            except InputTooLong as error:
                prompt = self._shorten(prompt, error, attempts, usages)
            except AnswerUnusable as error:
                if (seconds := waits.next_wait(error)) is not None:
                    attempts -= 1
                    await self._wait_for_provider(seconds)
                    continue
                if attempts >= MAX_ATTEMPTS:
                    raise _with_attempts(error, attempts, usages) from None
                max_tokens *= 2 if error.code == "truncated" else 1
                await self.limiter.wait_for_retry(RETRY_SECONDS[attempts - 1])
            except AnswerRefused as error:
                raise _with_attempts(error, attempts, usages) from None

    def _shorten(self, prompt: Question[T], error: InputTooLong, attempts: int, usages: list[Usage]) -> Question[T]:
        """Return half of an input that is too long; raise the error if it was halved often enough."""
        if prompt.halvings >= MAX_HALVINGS:
            raise _with_attempts(error, attempts, usages) from None
        return prompt.halved()

    async def complete_once(self, prompt: Question[T]) -> Answered[T]:
        """Return the answer to a single request without retries; raises RateLimited as well."""
        return await self._attempt(prompt, self._max_tokens, [])

    async def read_model_list(self) -> str | None:
        """Return the provider's list of models as it came; None if it gives none. It takes a slot of the rate limit."""
        try:
            raw = await self._sdk.models.with_raw_response.list()
        except (openai.APIError, httpx2.HTTPError, QuotaExhausted):
            return None
        return raw.http_response.text

    async def _attempt(self, prompt: Question[T], max_tokens: int, usages: list[Usage]) -> Answered[T]:
        """Send one request and add its usage to `usages`, whatever the outcome."""
        number = self._outages.note_request()
        response, seconds = await self._send(prompt, max_tokens)
        usages.append(parse_usage(response.text))
        self.usage = self.usage + usages[-1]
        sent_at = self._clock() - seconds
        try:
            answered = self._parse(response, seconds, prompt)
        except RateLimited as limited:
            limited.sent_at = sent_at
            raise
        self._outages.note_answer(number)
        return answered

    def _parse(self, response: httpx2.Response, seconds: float, prompt: Question[T]) -> Answered[T]:
        if response.status_code != 200:
            self._refuse(response)
        self.latencies.append(seconds)
        try:
            completion = _parse_body(response.text, seconds, prompt)
        except PullRequestFailed as error:
            error.body = response.text
            raise
        self._consecutive_rate_limits = 0
        self.away_until = None
        return completion

    def _refuse(self, response: httpx2.Response) -> NoReturn:
        """Raise the error of a refusal. Once others were answered, one that is not known is of this request alone."""
        status = response.status_code
        try:
            raise_for_status(status, response.headers, response.text, self._clock())
        except RequestUnsupported:
            if status < 400 or not self._outages.answered:
                raise
        raise AnswerUnusable(f"http_{status}", f"the provider does not accept this request (HTTP {status})")

    async def _send(self, prompt: Question[T], max_tokens: int) -> tuple[httpx2.Response, float]:
        """Return the response, whatever its status, and the seconds since the request was sent."""
        try:
            raw = await self._sdk.chat.completions.with_raw_response.create(**self._request(prompt, max_tokens))
            response = raw.http_response
        except openai.APIStatusError as error:
            response = error.response
        except openai.APITimeoutError:
            raise AnswerUnusable("timeout", "the response did not arrive in time", is_provider_fault=True) from None
        except (openai.APIConnectionError, httpx2.HTTPError):
            raise AnswerUnusable("unreachable", "the provider cannot be reached", is_provider_fault=True) from None
        return response, float(response.extensions.get(ELAPSED_SECONDS, 0.0))

    def _request(self, prompt: Question[T], max_tokens: int) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._settings.model,
            "messages": prompt.messages(self._make_nonce(), self._settings.summary_language),
            self._provider.max_tokens_parameter: max_tokens,
            # As extra_body the SDK sends it unchanged; as a parameter it would walk the schema in every request.
            "extra_body": self._response_format(prompt) | self._routing(),
        }
        if self._provider.supports_temperature:
            request["temperature"] = 0
        if effort := resolve_reasoning_effort(self._settings):
            request["reasoning_effort"] = effort
        return request

    def _routing(self) -> dict[str, object]:
        """Let a router choose only providers that know all parameters: another would ignore the schema."""
        return {"provider": {"require_parameters": True}} if self._provider.is_router else {}

    def _response_format(self, prompt: Question[T]) -> dict[str, object]:
        answer_format = resolve_answer_format(self._settings)
        if answer_format is AnswerFormat.JSON_SCHEMA:
            name, wanted = prompt.schema()
            schema = {"name": name, "strict": True, "schema": wanted}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        if answer_format is AnswerFormat.JSON_OBJECT:
            return {"response_format": {"type": "json_object"}}
        return {}

    async def _wait_for_provider(self, seconds: float) -> None:
        self.away_until = max(self.away_until or 0.0, self._clock() + seconds)
        await self.limiter.wait_for_retry(seconds)

    def _pause_for(self, limited: RateLimited) -> None:
        """Let nobody send until the provider allows it again; QuotaExhausted if that takes too long."""
        now = self._clock()
        if limited.sent_at >= self._limited_until:
            self._consecutive_rate_limits += 1
        step = min(max(self._consecutive_rate_limits, 1), len(RATE_LIMIT_SECONDS)) - 1
        seconds = RATE_LIMIT_SECONDS[step] if limited.seconds is None else limited.seconds
        self._limited_until = max(self._limited_until, now + seconds)
        self.limiter.pause(seconds)
        if seconds > MAX_WAIT_SECONDS:
            raise QuotaExhausted(f"The provider allows the next request only in {seconds / 60:.0f} minutes.")
        if self._consecutive_rate_limits >= MAX_CONSECUTIVE_RATE_LIMITS:
            raise RateLimitedTooOften(
                f"The provider rate-limited {self._consecutive_rate_limits} consecutive requests."
            )

    def _open(self, inner: httpx2.AsyncBaseTransport) -> openai.AsyncOpenAI:
        seconds = self._settings.timeout_seconds
        transport = RateLimitedTransport(
            inner,
            self.limiter,
            self._key,
            seconds=seconds,
            clock=self._clock,
            counts_cached_tokens=self._provider.counts_cached_tokens,
        )
        # A redirect would forward the text to another host. Proxies of the environment are honoured by `inner`.
        http_client = httpx2.AsyncClient(transport=transport, follow_redirects=False, timeout=seconds)
        base_url = resolve_base_url(self._settings)
        return openai.AsyncOpenAI(
            api_key=self._key, base_url=base_url, max_retries=0, timeout=seconds, http_client=http_client
        )


def _default_transport(base_url: str) -> httpx2.AsyncBaseTransport:
    # Connections are unlimited: the run bounds concurrency, and a wait here would come after the slot was taken.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=50)
    # Loading certificates takes longer than a request: plain HTTP needs none.
    return httpx2.AsyncHTTPTransport(limits=limits, verify=not base_url.startswith("http://"))


def _parse_body(body: str, seconds: float, prompt: Question[T]) -> Answered[T]:
    completion = parse_completion(body)
    return Answered(
        answer=prompt.parse(completion.content),
        model=completion.model,
        request_id=completion.request_id,
        finish_reason=completion.finish_reason,
        usage=completion.usage,
        latency_ms=round(seconds * 1000),
        attempts=1,
        is_truncated=prompt.is_truncated,
        body=body,
    )


def _with_attempts(error: PullRequestFailed, attempts: int, usages: list[Usage]) -> PullRequestFailed:
    error.attempts = attempts
    error.prompt_tokens = sum(usage.prompt_tokens for usage in usages)
    error.completion_tokens = sum(usage.completion_tokens for usage in usages)
    return error
