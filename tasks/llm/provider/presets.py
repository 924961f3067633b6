"""Presets of the settings by provider and plan. `PRFLOW_LLM_PRESET` names one; settings that are set take precedence.

Limits are those on the provider's published page for the plan and model; an account may have others.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Preset:
    """Values of the settings with the same names. A limit that is None is not enforced.

    `in_flight` bounds concurrent requests if a server processes them one by one: more would only time out.
    `max_completion_tokens` includes a model's reasoning, which even at low effort may be longer than the answer. Groq
    counts all that is allowed against its limits, so that it is kept low there.
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
    max_completion_tokens: int = 450

    def values(self) -> dict[str, object]:
        """Return the values by the name of their setting."""
        return asdict(self)


GROQ = "https://api.groq.com/openai/v1"
# A local server has no limit but its speed.
LOCALHOST = "http://localhost"
NO_LIMIT = 60_000
# Room for an answer and the reasoning before it.
REASONED = 1_500

PRESETS = {
    # console.groq.com/docs/rate-limits, openai/gpt-oss-120b: tokens bind long before requests.
    "groq-free": Preset("groq", GROQ, "openai/gpt-oss-120b", 30, tpm=8_000, rpd=1_000, tpd=200_000),
    "groq-dev": Preset("groq", GROQ, "openai/gpt-oss-120b", 1_000, tpm=250_000, rpd=500_000),
    # The first paid tier. developers.openai.com/api/docs/deprecations: gpt-4.1-mini is shut down on 2027-01-14.
    "openai": Preset(
        "openai", "https://api.openai.com/v1", "gpt-6-luna", 500, tpm=200_000, max_completion_tokens=REASONED
    ),
    "openrouter": Preset(
        "openrouter", "https://openrouter.ai/api/v1", "openai/gpt-oss-120b", 60, max_completion_tokens=REASONED
    ),
    "ollama": Preset(
        "ollama",
        f"{LOCALHOST}:11434/v1",
        "gpt-oss:20b",
        NO_LIMIT,
        in_flight=2,
        timeout_seconds=300,
        max_completion_tokens=REASONED,
    ),
    "vllm": Preset(
        "vllm",
        f"{LOCALHOST}:8000/v1",
        "openai/gpt-oss-20b",
        NO_LIMIT,
        in_flight=32,
        timeout_seconds=120,
        max_completion_tokens=REASONED,
    ),
    # Any OpenAI-compatible server: base URL and model have to be set.
    "custom": Preset("custom", "", "", 30),
}
