"""Providers by name, with what they allow: `PRFLOW_LLM_PRESET` sets all of it, and any setting of its own wins.

Limits are those of the provider's published page for the plan and model named; an account may have others.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    """Values of the settings of the same names. Limits that are None are not kept by us.

    `in_flight` bounds calls at once where a server works through them one by one: more would only time out.
    """

    provider: str
    base_url: str
    model: str
    rpm: int
    tpm: int | None = None
    rpd: int | None = None
    tpd: int | None = None
    in_flight: int | None = None
    timeout_seconds: float = 30.0

    def values(self) -> dict[str, Any]:
        return asdict(self)


GROQ = "https://api.groq.com/openai/v1"
# A server on one's own machine has no limit but its speed.
OWN = "http://localhost"
NO_LIMIT = 60_000

PRESETS = {
    # console.groq.com/docs/rate-limits, openai/gpt-oss-120b: tokens bind long before requests.
    "groq-free": Preset("groq", GROQ, "openai/gpt-oss-120b", 30, tpm=8_000, rpd=1_000, tpd=200_000),
    "groq-dev": Preset("groq", GROQ, "openai/gpt-oss-120b", 1_000, tpm=250_000, rpd=500_000),
    # The first paid tier.
    "openai": Preset("openai", "https://api.openai.com/v1", "gpt-4.1-mini", 500, tpm=200_000),
    "openrouter": Preset("openrouter", "https://openrouter.ai/api/v1", "openai/gpt-oss-120b", 60),
    "ollama": Preset("ollama", f"{OWN}:11434/v1", "gpt-oss:20b", NO_LIMIT, in_flight=2, timeout_seconds=300),
    "vllm": Preset("vllm", f"{OWN}:8000/v1", "openai/gpt-oss-20b", NO_LIMIT, in_flight=32, timeout_seconds=120),
    # Whatever speaks OpenAI's protocol: address and model have to be named.
    "custom": Preset("custom", "", "", 30),
}
