"""Check of the configured model with a single request."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from tasks.llm.errors import (
    AnswerUnusable,
    FormatUnsupported,
    KeyMissing,
    KeyRefused,
    LlmError,
    ModelNotFound,
    PullRequestFailed,
    QuotaExhausted,
    RateLimited,
)
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.headers import RateLimitState
from tasks.llm.provider.model_list import find_shutdown
from tasks.llm.provider.providers import (
    Price,
    require_key,
    require_price,
    resolve_answer_format,
    resolve_base_url,
    resolve_price,
    resolve_provider,
)
from tasks.llm.provider.rate_limiter import Clock, RateLimiter, Sleep, open_rate_limiter
from tasks.llm.provider.responses import Usage
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import ChangedFile, PullRequest
from tasks.llm.run.model_client import ModelClient
from warehouse.errors import NotConfigured

SAMPLE = PullRequest(
    id="check",
    title="Skip empty lines when importing",
    body="The importer stopped at the first empty line, which some exports contain. It now skips them.",
    additions=12,
    deletions=3,
    files=(ChangedFile("src/importer.py", 12, 3),),
)
RATE_LIMITED_HINT = "Wait a little, or set PRFLOW_LLM_PRESET to your plan (groq-free, groq-dev, ...), then try again."


@dataclass(frozen=True)
class ModelCheck:
    """Result of the check.

    `fault` is None if the model can be used, else no_key, settings, key_refused, unknown_model, no_format,
    rate_limited, quota, unreachable, unusable_answer or refused. `requests_left` and `tokens_left` are read from the
    provider's headers, None if they say nothing. `price` is per million tokens. `warning` says what will be wrong
    later: a date on which the provider shuts the model down, if its list of models has one.
    """

    fault: str | None
    message: str
    hint: str = ""
    warning: str | None = None
    provider: str = ""
    base_url: str = ""
    model: str = ""
    answered_as: str = ""
    answer_format: str = ""
    latency_ms: int | None = None
    usage: Usage = field(default_factory=Usage)
    price: Price | None = None
    requests_left: RateLimitState | None = None
    tokens_left: RateLimitState | None = None

    @property
    def is_usable(self) -> bool:
        return self.fault is None


async def check_model(settings: LlmSettings, home: Path, *, clock: Clock, sleep: Sleep) -> ModelCheck:
    """Ask the model about a made-up pull request, once, within the shared rate limit. Never raises LlmError."""
    try:
        require_key(settings)
        provider, base_url = resolve_provider(settings), resolve_base_url(settings)
        require_price(settings)
    except NotConfigured as error:
        return ModelCheck("no_key" if isinstance(error, KeyMissing) else "settings", str(error), error.hint)
    limiter = open_rate_limiter(settings, home, clock=clock, sleep=sleep)
    try:
        check = await _send(settings, limiter, clock)
    finally:
        limiter.close()
    return replace(
        check,
        provider=provider.name,
        base_url=base_url,
        model=settings.model,
        answer_format=resolve_answer_format(settings),
        price=resolve_price(settings),
        requests_left=limiter.reported[0],
        tokens_left=limiter.reported[1],
    )


async def _send(settings: LlmSettings, limiter: RateLimiter, clock: Clock) -> ModelCheck:
    try:
        async with ModelClient(settings, limiter, clock=clock) as client:
            check = _success(await client.complete_once(make_prompt(SAMPLE)))
            models = await client.read_model_list()
            return replace(check, warning=find_shutdown(models, settings.model) if models else None)
    except RateLimited as error:
        wait = f"; it allows the next one in {error.seconds:.0f} s" if error.seconds is not None else ""
        return ModelCheck("rate_limited", f"The provider rate-limited the request{wait}.", RATE_LIMITED_HINT)
    except LlmError as error:
        return ModelCheck(_fault(error), _sentence(error), _hint(error))


def _success(completion: ParsedCompletion) -> ModelCheck:
    return ModelCheck(
        fault=None,
        message="The model returned a valid answer.",
        answered_as=completion.model,
        latency_ms=completion.latency_ms,
        usage=completion.usage,
    )


FAULTS: tuple[tuple[type[LlmError], str], ...] = (
    (KeyRefused, "key_refused"),
    (ModelNotFound, "unknown_model"),
    (FormatUnsupported, "no_format"),
    (QuotaExhausted, "quota"),
)


def _fault(error: LlmError) -> str:
    if isinstance(error, PullRequestFailed):
        if error.code in {"unreachable", "timeout"} or error.code.startswith("http_5"):
            return "unreachable"
        return "unusable_answer" if isinstance(error, AnswerUnusable) else "refused"
    return next((name for kind, name in FAULTS if isinstance(error, kind)), "settings")


def _sentence(error: LlmError) -> str:
    message = str(error)
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")


def _hint(error: LlmError) -> str:
    if not isinstance(error, PullRequestFailed):
        return error.hint
    if _fault(error) == "unreachable":
        return (
            "Check PRFLOW_LLM_BASE_URL and that the server is running; "
            "increase PRFLOW_LLM_TIMEOUT_SECONDS if it is slow."
        )
    return "Try another model or PRFLOW_LLM_ANSWER_FORMAT: this model does not keep to the answer's format."
