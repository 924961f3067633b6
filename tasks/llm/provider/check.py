"""One call of the configured model, and in words what came of it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from tasks.llm.errors import (
    AnswerUnusable,
    FormatUnsupported,
    KeyRefused,
    LlmError,
    ModelUnknown,
    PullRequestUnread,
    QuotaReached,
    RateLimited,
)
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.client import ModelClient, Reading
from tasks.llm.provider.headers import Left
from tasks.llm.provider.limiter import Clock, Limiter, Sleep, open_limiter
from tasks.llm.provider.outcomes import Usage
from tasks.llm.provider.providers import (
    Price,
    address_of,
    answer_format_of,
    price_of,
    provider_of,
    require_key,
    require_price,
)
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.material import ChangedFile, PullRequest

SAMPLE = PullRequest(
    id="check",
    title="Skip empty lines when importing",
    body="The importer stopped at the first empty line, which some exports contain. It now skips them.",
    additions=12,
    deletions=3,
    files=(ChangedFile("src/importer.py", 12, 3),),
)
RETRY = "Wait a little, or set PRFLOW_LLM_PRESET to your plan (groq-free, groq-dev, ...), then check again."


@dataclass(frozen=True)
class Finding:
    """What the call showed.

    `fault` is None where the model can be used, else no_key, settings, key_refused, unknown_model, no_format,
    rate_limited, quota, unreachable, unusable_answer or refused. `requests_left` and `tokens_left` are what the
    provider's headers said; None where they say nothing. `price` is for a million tokens.
    """

    fault: str | None
    message: str
    hint: str = ""
    provider: str = ""
    base_url: str = ""
    model: str = ""
    answered_as: str = ""
    answer_format: str = ""
    latency_ms: int | None = None
    usage: Usage = field(default_factory=Usage)
    price: Price | None = None
    requests_left: Left | None = None
    tokens_left: Left | None = None

    @property
    def is_well(self) -> bool:
        return self.fault is None


async def check_model(settings: LlmSettings, home: Path, *, clock: Clock, sleep: Sleep) -> Finding:
    """Asks the model about a made-up pull request, once, in its turn of the shared rate; never raises LlmError."""
    try:
        require_key(settings)
        provider, base_url = provider_of(settings), address_of(settings)
        require_price(settings)
    except ValueError as error:
        return Finding("no_key" if "is not set: the language" in str(error) else "settings", str(error))
    limiter = open_limiter(settings, home, clock=clock, sleep=sleep)
    try:
        found = await _ask(settings, limiter, clock)
    finally:
        limiter.close()
    return replace(
        found,
        provider=provider.name,
        base_url=base_url,
        model=settings.model,
        answer_format=answer_format_of(settings),
        price=price_of(settings),
        requests_left=limiter.left[0],
        tokens_left=limiter.left[1],
    )


async def _ask(settings: LlmSettings, limiter: Limiter, clock: Clock) -> Finding:
    try:
        async with ModelClient(settings, limiter, clock=clock) as client:
            return _well(await client.read_once(make_prompt(SAMPLE)))
    except RateLimited as error:
        wait = f" for {error.seconds:.0f} s" if error.seconds is not None else ""
        return Finding("rate_limited", f"The provider refuses calls for their rate{wait}.", RETRY)
    except LlmError as error:
        return Finding(_fault(error), _sentence(error), _hint(error))


def _well(reading: Reading) -> Finding:
    return Finding(
        None, "The model answers as asked.", answered_as=reading.model, latency_ms=reading.latency_ms,
        usage=reading.usage,
    )  # fmt: skip


FAULTS: tuple[tuple[type[LlmError], str], ...] = (
    (KeyRefused, "key_refused"),
    (ModelUnknown, "unknown_model"),
    (FormatUnsupported, "no_format"),
    (QuotaReached, "quota"),
)


def _fault(error: LlmError) -> str:
    if isinstance(error, PullRequestUnread):
        if error.code in {"unreachable", "timeout"} or error.code.startswith("http_5"):
            return "unreachable"
        return "unusable_answer" if isinstance(error, AnswerUnusable) else "refused"
    return next((name for kind, name in FAULTS if isinstance(error, kind)), "settings")


def _sentence(error: LlmError) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


def _hint(error: LlmError) -> str:
    if not isinstance(error, PullRequestUnread):
        return error.hint
    if _fault(error) == "unreachable":
        return "Check PRFLOW_LLM_BASE_URL and that the server runs; PRFLOW_LLM_TIMEOUT_SECONDS where it is slow."
    return "Try another model, or PRFLOW_LLM_ANSWER_FORMAT: this one does not keep to the answer that is asked for."
