"""Settings of the language model. Every field is an environment variable or a line of `.env`.

The key is a `SecretStr`: it is masked when a settings object is printed or logged.
"""

from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks import plain_http
from tasks.llm.provider.presets import PRESETS


def _alias(*names: str) -> AliasChoices:
    return AliasChoices(*(f"PRFLOW_LLM_{name.upper()}" for name in names), *names)


class LlmSettings(BaseSettings):
    """The language model that analyses pull requests, its rate limits, and what a run may cost.

    A preset supplies every setting that is not set itself. A provider with the name of a preset selects that
    preset.
    """

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_LLM_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    api_key: SecretStr = Field(
        SecretStr(""), validation_alias="GROQ_API_KEY", description="API key of the model's provider, Groq or any other"
    )
    preset: str = Field("", description=f"{', '.join(PRESETS)}: sets the defaults of the settings below")
    base_url: str = Field("https://api.groq.com/openai/v1", description="Base URL of an OpenAI-compatible server")
    model: str = Field("openai/gpt-oss-120b", description="Name of the model")
    provider: str = Field(
        "groq",
        description="groq, openai, azure, openrouter, ollama, vllm, llamacpp or custom; simulated in the demo",
    )
    answer_format: Literal["json_schema", "json_object", "none"] | None = Field(
        None,
        description="How JSON is enforced: json_schema, json_object or none; empty for the provider's default",
    )
    rpm: int = Field(
        30, ge=1, validation_alias=_alias("rpm"), description="Maximum number of model requests per minute"
    )
    rate_limit_delay: float | None = Field(
        None,
        gt=0,
        le=60,
        description="Seconds between two model requests; if PRFLOW_LLM_RPM is set as well, the slower applies",
    )
    tpm: int | None = Field(
        None,
        ge=1,
        description="Maximum number of tokens per minute; empty for the limit in the provider's response headers",
    )
    rpd: int | None = Field(None, ge=1, description="Maximum number of model requests per day")
    tpd: int | None = Field(None, ge=1, description="Maximum number of tokens per day")
    in_flight: int | None = Field(
        None, ge=1, description="Maximum number of concurrent model requests; empty for as many as the rate needs"
    )
    guard_seconds: float = Field(
        0.9, ge=0, description="Seconds added to the rate limit's minute, to allow for network jitter"
    )
    max_completion_tokens: int = Field(
        450,
        ge=64,
        description="Maximum number of tokens in one answer; providers count all of them against the rate limit",
    )
    reasoning_effort: Literal["off", "none", "minimal", "low", "medium", "high"] | None = Field(
        None,
        description="How much a reasoning model reasons before it answers; off to send nothing; empty for low",
    )
    max_cost_usd: float | None = Field(
        None,
        gt=0,
        validation_alias=_alias("max_cost_usd", "max_cost"),
        description="US dollars that one run may cost; it stops before it would cost more",
    )
    max_seconds: float | None = Field(
        None, gt=0, description="Seconds after which a run sends nothing more to the model"
    )
    price_prompt_usd: float | None = Field(
        None, ge=0, description="US dollars per million prompt tokens, if prflow does not know the price of the model"
    )
    price_completion_usd: float | None = Field(
        None,
        ge=0,
        description="US dollars per million completion tokens, if prflow does not know the price of the model",
    )
    limit: int | None = Field(
        None, ge=1, description="Maximum number of pull requests to send to the model in one run; empty for all"
    )
    second_reading_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of the answers to ask for a second time, to see how often another comes; 0 for none",
    )
    keeps_replies: bool = Field(
        True,
        description="Keep the model's raw responses, compressed: `prflow analyse OWNER --replay` reads them again",
    )
    allow_plain_http: bool = Field(False, validation_alias=plain_http.VARIABLE, description=plain_http.DESCRIPTION)
    summary_language: str = Field(
        "English",
        pattern=r"^[^\W\d_][\w ()-]{1,39}$",
        description="Language of the summaries, by its English name. Another one is another prompt: all is read again",
    )
    timeout_seconds: float = Field(30.0, gt=0, description="Seconds to wait for one response of the model")

    @field_validator("preset")
    @classmethod
    def _check_preset(cls, name: str) -> str:
        if name.strip() and name.strip().lower() not in PRESETS:
            raise ValueError(f"it must be one of {', '.join(PRESETS)}")
        return name.strip().lower()

    @model_validator(mode="after")
    def _apply_preset(self) -> Self:
        given = set(self.model_fields_set)
        preset = PRESETS.get(self.preset) or (
            PRESETS.get(self.provider.strip().lower()) if "provider" in given else None
        )
        for name, value in (preset.values() if preset else {}).items():
            if name not in given:
                self._set(name, value)
        if self.rate_limit_delay is not None:
            rpm = max(int(60 / self.rate_limit_delay), 1)
            self._set("rpm", min(self.rpm, rpm) if "rpm" in given else rpm)
        return self

    @model_validator(mode="after")
    def _check_connection(self) -> Self:
        self.refuse_plain_http()
        return self

    def refuse_plain_http(self) -> None:
        """Raise NotConfigured if the key would be sent unencrypted."""
        if self.api_key.get_secret_value().strip():
            plain_http.refuse_plain_http(
                self.base_url,
                name="PRFLOW_LLM_BASE_URL",
                what="the key in GROQ_API_KEY",
                is_allowed=self.allow_plain_http,
            )

    def _set(self, name: str, value: object) -> None:
        """Set a value without marking the field as set by a person."""
        self.__dict__[name] = value
