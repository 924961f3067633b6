"""What providers differ in, and the check of the key that comes before anything is sent."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from tasks.llm.provider.settings import LlmSettings


class AnswerFormat(StrEnum):
    """How a provider can be held to JSON."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    NONE = "none"


@dataclass(frozen=True)
class Provider:
    """One kind of OpenAI-compatible server.

    `answer_parameter` is the name of the cap on the answer; `needs_key` is False for servers on one's own machine.
    """

    name: str
    answer_format: AnswerFormat
    answer_parameter: str = "max_tokens"
    has_temperature: bool = True
    needs_key: bool = True


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, at list price."""

    prompt: float
    cached: float
    completion: float

    def cost(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float:
        fresh = max(prompt_tokens - cached_tokens, 0)
        return (fresh * self.prompt + cached_tokens * self.cached + completion_tokens * self.completion) / 1_000_000


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider("groq", AnswerFormat.JSON_SCHEMA, "max_completion_tokens"),
        # OpenAI's reasoning models refuse a temperature.
        Provider("openai", AnswerFormat.JSON_SCHEMA, "max_completion_tokens", has_temperature=False),
        Provider("azure", AnswerFormat.JSON_SCHEMA, "max_completion_tokens", has_temperature=False),
        Provider("openrouter", AnswerFormat.JSON_SCHEMA),
        Provider("ollama", AnswerFormat.JSON_SCHEMA, needs_key=False),
        Provider("vllm", AnswerFormat.JSON_SCHEMA, needs_key=False),
        Provider("llamacpp", AnswerFormat.JSON_OBJECT, needs_key=False),
        Provider("custom", AnswerFormat.NONE),
        Provider("simulated", AnswerFormat.JSON_SCHEMA, "max_completion_tokens", needs_key=False),
    )
}

# List prices by provider and model; providers change theirs. What is not here has no price: its cost is NULL,
# never 0. PRFLOW_LLM_PRICE_* name one.
PRICES = {
    ("groq", "openai/gpt-oss-120b"): Price(0.15, 0.075, 0.60),
    ("groq", "openai/gpt-oss-20b"): Price(0.075, 0.0375, 0.30),
    ("openai", "gpt-4.1-mini"): Price(0.40, 0.10, 1.60),
}
FREE = Price(0.0, 0.0, 0.0)
# On one's own machine a call has no price.
OWN_MACHINE = frozenset({"simulated", "ollama", "vllm", "llamacpp"})

KEY_VARIABLE = "GROQ_API_KEY"


def provider_of(settings: LlmSettings) -> Provider:
    """The provider that the settings name; ValueError where there is no such."""
    try:
        return PROVIDERS[settings.provider.strip().lower()]
    except KeyError:
        names = ", ".join(PROVIDERS)
        raise ValueError(f"PRFLOW_LLM_PROVIDER is {settings.provider!r}: it must be one of {names}.") from None


def require_key(settings: LlmSettings) -> str:
    """The key, stripped. ValueError that names the variable where it is missing or cannot be a key.

    It comes first, before any query of a run: left without a key the SDK takes OPENAI_API_KEY
    from the environment and would send it, with organisation and project, to any provider.
    """
    key = settings.api_key.get_secret_value().strip()
    if not key and provider_of(settings).needs_key:
        raise ValueError(
            f"{KEY_VARIABLE} is not set: the language model cannot be asked. "
            f"Put {KEY_VARIABLE}=... into the environment or into .env."
        )
    # A key with a line break or a foreign letter would fail later, in an error text that holds the key.
    if any(not 0x21 <= ord(character) <= 0x7E for character in key):
        raise ValueError(f"{KEY_VARIABLE} holds a space, a line break or a letter that no key has.")
    return key or "no-key"


def address_of(settings: LlmSettings) -> str:
    """The base URL; ValueError unless it is http or https with a host and without a password, and has a model."""
    if not settings.base_url.strip() or not settings.model.strip():
        raise ValueError("PRFLOW_LLM_BASE_URL and PRFLOW_LLM_MODEL must both be set for a provider of your own.")
    url = urlsplit(settings.base_url.strip())
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.password:
        raise ValueError("PRFLOW_LLM_BASE_URL must be http(s)://host[:port]/path, without a user name.")
    return settings.base_url.strip().rstrip("/")


def price_of(settings: LlmSettings) -> Price | None:
    """What the settings say, else the model's list price; None where neither is known."""
    prompt, completion = settings.price_prompt_usd, settings.price_completion_usd
    if prompt is not None and completion is not None:
        return Price(prompt, prompt, completion)
    provider = provider_of(settings).name
    return FREE if provider in OWN_MACHINE else PRICES.get((provider, settings.model))


def require_price(settings: LlmSettings) -> None:
    """ValueError where a cap of money is set that nobody could keep."""
    if settings.max_cost_usd is not None and price_of(settings) is None:
        raise ValueError(
            f"PRFLOW_LLM_MAX_COST_USD is set, but the price of {settings.model} is not known: "
            "set PRFLOW_LLM_PRICE_PROMPT_USD and PRFLOW_LLM_PRICE_COMPLETION_USD, for a million tokens."
        )


def answer_format_of(settings: LlmSettings) -> AnswerFormat:
    """As set, else as the provider is known to take."""
    return AnswerFormat(settings.answer_format) if settings.answer_format else provider_of(settings).answer_format
