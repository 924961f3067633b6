"""Settings of the two outside systems, one class each. Every field is an environment variable or a line of `.env`.

Tokens and keys are `SecretStr`: they do not show when a settings object is printed or logged.
"""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class GitHubSettings(BaseSettings):
    """How GitHub is reached, and how much of its budget may be used."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    token: SecretStr = Field(
        SecretStr(""), validation_alias="GITHUB_TOKEN", description="Personal access token, read-only scopes suffice"
    )
    api_url: str = Field("https://api.github.com", validation_alias="GITHUB_API_URL", description="REST address")
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
    # 24 and not 25: ten connections each are 240 requests, which cost 2 points; 250 cost 3.
    batch_size: int = Field(
        24, validation_alias="PRFLOW_BATCH_SIZE", ge=1, le=100, description="Pull requests fetched by one query"
    )
    workers: int = Field(2, validation_alias="PRFLOW_GITHUB_WORKERS", ge=1, le=20, description="Queries in flight")
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


class LlmSettings(BaseSettings):
    """Which language model reads the pull requests, and at what rate."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_LLM_", env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    api_key: SecretStr = Field(
        SecretStr(""), validation_alias="GROQ_API_KEY", description="Key of the provider, Groq or any other"
    )
    base_url: str = Field("https://api.groq.com/openai/v1", description="Address of an OpenAI-compatible server")
    model: str = Field("openai/gpt-oss-120b", description="Name of the model")
    provider: str = Field("groq", description="groq, openai, ollama, vllm, openrouter, custom; simulated in the demo")
    rpm: int = Field(30, ge=1, validation_alias=AliasChoices("PRFLOW_LLM_RPM", "rpm"), description="Requests a minute")
    tpm: int | None = Field(None, description="Tokens a minute; empty for no limit of ours")
    rpd: int | None = Field(None, description="Requests a day")
    tpd: int | None = Field(None, description="Tokens a day")
    guard_seconds: float = Field(1.0, ge=0, description="Added to the minute, against jitter on the way")
    max_completion_tokens: int = Field(450, ge=64, description="Asked for in each call: providers count it")
    max_cost_usd: float | None = Field(None, description="A run stops when it has cost this much")
    limit: int | None = Field(None, description="Pull requests read in a run; empty for all")
    timeout_seconds: float = Field(30.0, gt=0, description="Of one call")
