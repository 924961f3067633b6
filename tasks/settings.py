"""Settings of the two outside systems, one class each. Every field is an environment variable or a line of `.env`.

Tokens and keys are `SecretStr`: they do not show when a settings object is printed or logged.
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks.github.api.addresses import derive_addresses
from tasks.llm.presets import PRESETS

ADDRESSES = ("api_url", "graphql_url", "web_url")


class GitHubSettings(BaseSettings):
    """How GitHub is reached, with which tokens, and how much of its budget may be used."""

    # Without hide_input_in_errors an error of the settings would quote all of them, the token too.
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    token: SecretStr = Field(
        SecretStr(""),
        validation_alias="GITHUB_TOKEN",
        description="Personal access token, read-only scopes suffice; or several, with commas between them",
    )
    more_tokens: SecretStr = Field(
        SecretStr(""),
        validation_alias="PRFLOW_GITHUB_TOKENS",
        description="More tokens, of other accounts, with commas between them: each has hourly points of its own",
    )
    app_id: str = Field(
        "",
        validation_alias="PRFLOW_GITHUB_APP_ID",
        description="A GitHub App instead of tokens: its ID or client ID; it counts before GITHUB_TOKEN",
    )
    app_private_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="PRFLOW_GITHUB_APP_PRIVATE_KEY",
        description="The App's private key, as PEM; \\n stands for the end of a line",
    )
    app_private_key_file: Path | None = Field(
        None, validation_alias="PRFLOW_GITHUB_APP_PRIVATE_KEY_FILE", description="The same as a file"
    )
    app_installation_id: int | None = Field(
        None,
        validation_alias="PRFLOW_GITHUB_APP_INSTALLATION_ID",
        description="Which installation of the App; empty for the one on the owner",
    )
    client_id: str = Field(
        "",
        validation_alias="PRFLOW_GITHUB_CLIENT_ID",
        description="Client ID of the OAuth App or GitHub App that `prflow login` logs in to",
    )
    api_url: str = Field(
        "https://api.github.com",
        validation_alias="GITHUB_API_URL",
        description="REST address; of a GitHub Enterprise Server https://HOST/api/v3, and the other two follow",
    )
    graphql_url: str = Field(
        "https://api.github.com/graphql", validation_alias="GITHUB_GRAPHQL_URL", description="GraphQL address"
    )
    web_url: str = Field("https://github.com", validation_alias="GITHUB_WEB_URL", description="Where people open it")
    is_simulated: bool = Field(
        False,
        validation_alias="PRFLOW_GITHUB_SIMULATED",
        description="True in the demo only: pages then say that the pull requests are simulated",
    )
    days_back: int = Field(30, validation_alias="PRFLOW_DAYS_BACK", ge=1, description="Days of phase 1")
    history_days: int = Field(90, validation_alias="PRFLOW_HISTORY_DAYS", ge=1, description="Days that phase 2 reaches")
    skip_recent: int = Field(
        0, validation_alias="PRFLOW_SKIP_RECENT", ge=0, description="Newest days left out, until they are older"
    )
    history_months: int = Field(
        12, validation_alias="PRFLOW_HISTORY_MONTHS", ge=1, description="Months that `prflow history` reaches"
    )
    page_size: int = Field(
        25,
        validation_alias=AliasChoices("PRFLOW_PAGE_SIZE", "PRFLOW_BATCH_SIZE"),
        ge=1,
        le=100,
        description="Pull requests fetched by one query at most; a few less where that costs fewer points each",
    )
    workers: int = Field(
        2, validation_alias="PRFLOW_GITHUB_WORKERS", ge=1, le=20, description="Queries in flight to begin with"
    )
    most_workers: int = Field(
        4,
        validation_alias="PRFLOW_GITHUB_MOST_WORKERS",
        ge=1,
        le=50,
        description="Queries in flight at most, while GitHub answers well",
    )
    reserve_points: int = Field(
        200,
        validation_alias="PRFLOW_GITHUB_RESERVE",
        ge=0,
        description="Hourly points left to other users of the token",
    )
    timeout_seconds: float = Field(30.0, validation_alias="PRFLOW_GITHUB_TIMEOUT", gt=0, description="Of one request")
    keep_raw_answers: bool = Field(
        False,
        validation_alias="PRFLOW_KEEP_RAW_ANSWERS",
        description="Keep GitHub's answer of each pull request, compressed, so that new fields cost no points later",
    )

    @model_validator(mode="after")
    def _check_windows(self) -> Self:
        """The three windows lie behind one another."""
        if not self.skip_recent < self.days_back <= self.history_days:
            raise ValueError(
                f"PRFLOW_SKIP_RECENT ({self.skip_recent}) must be less than PRFLOW_DAYS_BACK ({self.days_back}), and "
                f"that not more than PRFLOW_HISTORY_DAYS ({self.history_days})"
            )
        return self

    @model_validator(mode="after")
    def _complete_addresses(self) -> Self:
        """One address of an Enterprise Server is enough; what was set stays as it is."""
        given = {name: getattr(self, name) for name in ADDRESSES if name in self.model_fields_set}
        for name, value in derive_addresses(**given).items():
            # Past pydantic's own setter, which would count it as set: a copy derives it anew.
            self.__dict__[name] = value
        return self


def _alias(*names: str) -> AliasChoices:
    return AliasChoices(*(f"PRFLOW_LLM_{name.upper()}" for name in names), *names)


class LlmSettings(BaseSettings):
    """Which language model reads the pull requests, and at what rate.

    What a preset says holds for every setting that is not given itself. A provider that has the name of a
    preset brings that one.
    """

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_LLM_", env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    api_key: SecretStr = Field(
        SecretStr(""), validation_alias="GROQ_API_KEY", description="Key of the provider, Groq or any other"
    )
    preset: str = Field("", description=f"{', '.join(PRESETS)}: sets what follows, as far as it is not set itself")
    base_url: str = Field("https://api.groq.com/openai/v1", description="Address of an OpenAI-compatible server")
    model: str = Field("openai/gpt-oss-120b", description="Name of the model")
    provider: str = Field(
        "groq", description="groq, openai, azure, openrouter, ollama, vllm, llamacpp, custom; simulated in the demo"
    )
    answer_format: Literal["json_schema", "json_object", "none"] | None = Field(
        None, description="json_schema, json_object or none: how answers are held to JSON; empty for the provider's way"
    )
    rpm: int = Field(30, ge=1, validation_alias=_alias("rpm"), description="Requests a minute")
    rate_limit_delay: float | None = Field(
        None, gt=0, le=60, description="The same as seconds between two requests; of both the slower one counts"
    )
    tpm: int | None = Field(None, ge=1, description="Tokens a minute; empty for what the provider's headers say")
    rpd: int | None = Field(None, ge=1, description="Requests a day")
    tpd: int | None = Field(None, ge=1, description="Tokens a day")
    in_flight: int | None = Field(None, ge=1, description="Most calls at once; empty for as many as the rate needs")
    guard_seconds: float = Field(0.9, ge=0, description="Added to the minute, against jitter on the way")
    max_completion_tokens: int = Field(450, ge=64, description="Asked for in each call: providers count it")
    max_cost_usd: float | None = Field(
        None,
        gt=0,
        validation_alias=_alias("max_cost_usd", "max_cost"),
        description="A run stops before it costs more than this",
    )
    max_seconds: float | None = Field(None, gt=0, description="A run asks the model nothing more after so many seconds")
    price_prompt_usd: float | None = Field(
        None, ge=0, description="Price of a million prompt tokens, where prflow does not know the model's"
    )
    price_completion_usd: float | None = Field(None, ge=0, description="Price of a million completion tokens")
    limit: int | None = Field(None, ge=1, description="Pull requests that the model reads in a run; empty for all")
    keeps_replies: bool = Field(
        True,
        description="Raw replies are kept, compressed: `prflow analyse OWNER --replay` reads them anew without a call",
    )
    timeout_seconds: float = Field(30.0, gt=0, description="Of one call")

    @field_validator("preset")
    @classmethod
    def _known_preset(cls, name: str) -> str:
        if name.strip() and name.strip().lower() not in PRESETS:
            raise ValueError(f"it must be one of {', '.join(PRESETS)}")
        return name.strip().lower()

    @model_validator(mode="after")
    def _fill_in(self) -> Self:
        given = set(self.model_fields_set)
        preset = PRESETS.get(self.preset) or (
            PRESETS.get(self.provider.strip().lower()) if "provider" in given else None
        )
        for name, value in (preset.values() if preset else {}).items():
            if name not in given:
                self._set(name, value)
        if self.rate_limit_delay is not None:
            most = max(int(60 / self.rate_limit_delay), 1)
            self._set("rpm", min(self.rpm, most) if "rpm" in given else most)
        return self

    def _set(self, name: str, value: Any) -> None:
        """Not as if a person had given it."""
        self.__dict__[name] = value
