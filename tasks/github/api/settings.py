"""Settings of GitHub. Every field is an environment variable or a line of `.env`.

Tokens and keys are `SecretStr`: they do not show when a settings object is printed or logged.
"""

from pathlib import Path
from typing import Self

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks.github.api.addresses import derive_addresses

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
