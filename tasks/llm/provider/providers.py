"""Differences between providers, and the checks of the settings that come before anything is sent."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from tasks.llm.errors import KeyMissing
from tasks.llm.provider.settings import LlmSettings
from warehouse.errors import NotConfigured


class AnswerFormat(StrEnum):
    """Ways to make a provider return JSON."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    NONE = "none"


@dataclass(frozen=True)
class Provider:
    """One kind of OpenAI-compatible server.

    `max_tokens_parameter` is the request's parameter that caps the answer; `needs_key` is False for local servers.
    `takes_reasoning_effort` if it accepts that parameter for reasoning models. `counts_cached_tokens` is False if
    prompt tokens from the provider's cache do not count towards its limits. `is_router` if it passes requests on to
    other providers.
    """

    name: str
    answer_format: AnswerFormat
    max_tokens_parameter: str = "max_tokens"
    supports_temperature: bool = True
    needs_key: bool = True
    takes_reasoning_effort: bool = False
    counts_cached_tokens: bool = True
    is_router: bool = False


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens, at list price."""

    prompt: float
    cached: float
    completion: float

    def cost(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float:
        """Return the US dollars of one or more requests; `cached_tokens` are among the `prompt_tokens`."""
        uncached = max(prompt_tokens - cached_tokens, 0)
        return (uncached * self.prompt + cached_tokens * self.cached + completion_tokens * self.completion) / 1_000_000


PROVIDERS = {
    provider.name: provider
    for provider in (
        # console.groq.com/docs/prompt-caching: cached tokens do not count towards the limits.
        Provider(
            "groq",
            AnswerFormat.JSON_SCHEMA,
            "max_completion_tokens",
            takes_reasoning_effort=True,
            counts_cached_tokens=False,
        ),
        # OpenAI's reasoning models reject a temperature.
        Provider(
            "openai",
            AnswerFormat.JSON_SCHEMA,
            "max_completion_tokens",
            supports_temperature=False,
            takes_reasoning_effort=True,
        ),
        Provider(
            "azure",
            AnswerFormat.JSON_SCHEMA,
            "max_completion_tokens",
            supports_temperature=False,
            takes_reasoning_effort=True,
        ),
        Provider("openrouter", AnswerFormat.JSON_SCHEMA, takes_reasoning_effort=True, is_router=True),
        # docs.ollama.com/api/openai-compatibility lists reasoning_effort among the request fields.
        Provider("ollama", AnswerFormat.JSON_SCHEMA, needs_key=False, takes_reasoning_effort=True),
        Provider("vllm", AnswerFormat.JSON_SCHEMA, needs_key=False, takes_reasoning_effort=True),
        Provider("llamacpp", AnswerFormat.JSON_OBJECT, needs_key=False),
        Provider("custom", AnswerFormat.NONE),
        Provider("simulated", AnswerFormat.JSON_SCHEMA, "max_completion_tokens", needs_key=False),
    )
}

# List prices by provider and model; providers change theirs. The cost of any other model is NULL, never 0, unless
# PRFLOW_LLM_PRICE_PROMPT_USD and PRFLOW_LLM_PRICE_COMPLETION_USD are set.
PRICES = {
    ("groq", "openai/gpt-oss-120b"): Price(0.15, 0.075, 0.60),
    ("groq", "openai/gpt-oss-20b"): Price(0.075, 0.0375, 0.30),
    ("openai", "gpt-6-luna"): Price(0.10, 0.01, 0.50),
    ("openai", "gpt-4.1-mini"): Price(0.40, 0.10, 1.60),
    # Of the cheapest provider that OpenRouter routes to; without a discount for cached tokens.
    ("openrouter", "openai/gpt-oss-120b"): Price(0.039, 0.039, 0.19),
    ("openrouter", "openai/gpt-oss-20b"): Price(0.03, 0.03, 0.14),
}
# Models that reason before they answer.
_REASONING_MODEL = re.compile(
    r"gpt-oss|gpt-[5-9]|(?:^|/)o[1-9]\b|deepseek-r\d|qwq|qwen3|magistral|reasoning|thinking", re.IGNORECASE
)
FREE = Price(0.0, 0.0, 0.0)
# Requests to a local server are free.
LOCAL_PROVIDERS = frozenset({"simulated", "ollama", "vllm", "llamacpp"})

KEY_VARIABLE = "GROQ_API_KEY"


def resolve_provider(settings: LlmSettings) -> Provider:
    """Return the provider that the settings name; NotConfigured if it is unknown."""
    try:
        return PROVIDERS[settings.provider.strip().lower()]
    except KeyError:
        names = ", ".join(PROVIDERS)
        raise NotConfigured(f"PRFLOW_LLM_PROVIDER is {settings.provider!r}: it must be one of {names}.") from None


def require_key(settings: LlmSettings) -> str:
    """Return the key, stripped; KeyMissing if there is none, NotConfigured if it cannot be a key.

    This comes first, before any query of a run: without a key the SDK would take OPENAI_API_KEY from the
    environment and send it, with organisation and project, to any provider.
    """
    key = settings.api_key.get_secret_value().strip()
    if not key and resolve_provider(settings).needs_key:
        raise KeyMissing(
            f"{KEY_VARIABLE} is not set: the language model cannot be used. "
            f"Set {KEY_VARIABLE} in the environment or in .env."
        )
    # A key with a line break or a non-ASCII letter would fail later, with an error message that quotes the key.
    if any(not 0x21 <= ord(character) <= 0x7E for character in key):
        raise NotConfigured(f"{KEY_VARIABLE} holds a space, a line break or another character that no key has.")
    return key or "no-key"


def has_key(settings: LlmSettings) -> bool:
    """Return True if a key is set, or the provider needs none."""
    return bool(settings.api_key.get_secret_value().strip()) or not resolve_provider(settings).needs_key


def resolve_base_url(settings: LlmSettings) -> str:
    """Return the base URL; NotConfigured if it is not http(s) with a host and no password, or no model is set.

    NotConfigured, too, if the key would be sent there unencrypted.
    """
    if not settings.base_url.strip() or not settings.model.strip():
        raise NotConfigured("Set PRFLOW_LLM_BASE_URL and PRFLOW_LLM_MODEL: a custom provider needs both.")
    url = urlsplit(settings.base_url.strip())
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.password:
        raise NotConfigured("PRFLOW_LLM_BASE_URL must be http(s)://host[:port]/path, without a user name.")
    settings.refuse_plain_http()
    return settings.base_url.strip().rstrip("/")


def resolve_price(settings: LlmSettings) -> Price | None:
    """Return the price in the settings, else the model's list price; None if neither is known."""
    prompt, completion = settings.price_prompt_usd, settings.price_completion_usd
    if prompt is not None and completion is not None:
        return Price(prompt, prompt, completion)
    provider = resolve_provider(settings).name
    return FREE if provider in LOCAL_PROVIDERS else PRICES.get((provider, settings.model))


def require_price(settings: LlmSettings) -> None:
    """Raise NotConfigured if the cost of a run is capped but the price of the model is not known."""
    if settings.max_cost_usd is not None and resolve_price(settings) is None:
        raise NotConfigured(
            f"PRFLOW_LLM_MAX_COST_USD is set, but the price of {settings.model} is not known. "
            "Set PRFLOW_LLM_PRICE_PROMPT_USD and PRFLOW_LLM_PRICE_COMPLETION_USD, per million tokens."
        )


def resolve_reasoning_effort(settings: LlmSettings) -> str | None:
    """Return the effort to ask for: the one that is set, else low for a reasoning model; None to send nothing.

    Its reasoning counts towards the tokens of the answer, and a classification needs little of it.
    """
    if settings.reasoning_effort:
        return None if settings.reasoning_effort == "off" else settings.reasoning_effort
    is_known = resolve_provider(settings).takes_reasoning_effort and _REASONING_MODEL.search(settings.model)
    return "low" if is_known else None


def resolve_answer_format(settings: LlmSettings) -> AnswerFormat:
    """Return the format that is set, else the provider's default."""
    return AnswerFormat(settings.answer_format) if settings.answer_format else resolve_provider(settings).answer_format
