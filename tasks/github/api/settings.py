"""Settings of GitHub. Every field is an environment variable or a line of `.env`.

Tokens and keys are `SecretStr`: they do not show when a settings object is printed or logged.
"""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks import plain_http

ADDRESSES = ("api_url", "graphql_url", "web_url")
API = "https://api.github.com"
WEB = "https://github.com"
SERVER_REST, SERVER_GRAPHQL = "/api/v3", "/api/graphql"
RESIDENCY = ".ghe.com"


class GitHubSettings(BaseSettings):
    """How GitHub is reached, with which tokens, and how much of its budget may be used."""

    # Without hide_input_in_errors an error of the settings would quote all of them, the token too.
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    token: SecretStr = Field(
        SecretStr(""),
        validation_alias="GITHUB_TOKEN",
        description="Personal access token with read-only scopes, or several separated by commas",
    )
    more_tokens: SecretStr = Field(
        SecretStr(""),
        validation_alias="PRFLOW_GITHUB_TOKENS",
        description="Tokens of further accounts, separated by commas; each adds its own hourly budget",
    )
    app_id: str = Field(
        "",
        validation_alias="PRFLOW_GITHUB_APP_ID",
        description="ID or client ID of a GitHub App to use instead of tokens; takes precedence over GITHUB_TOKEN",
    )
    app_private_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="PRFLOW_GITHUB_APP_PRIVATE_KEY",
        description="Private key of the GitHub App in PEM format; \\n stands for a line break",
    )
    app_private_key_file: Path | None = Field(
        None,
        validation_alias="PRFLOW_GITHUB_APP_PRIVATE_KEY_FILE",
        description="File that holds the private key of the GitHub App",
    )
    app_installation_id: int | None = Field(
        None,
        validation_alias="PRFLOW_GITHUB_APP_INSTALLATION_ID",
        description="ID of the GitHub App's installation; empty for the owner's installation",
    )
    client_id: str = Field(
        "",
        validation_alias="PRFLOW_GITHUB_CLIENT_ID",
        description="Client ID of the OAuth App or GitHub App used by `prflow login`",
    )
    api_url: str = Field(
        "https://api.github.com",
        validation_alias="GITHUB_API_URL",
        description="URL of the REST API; https://HOST/api/v3 for GitHub Enterprise Server, whose other URLs follow",
    )
    graphql_url: str = Field(
        "https://api.github.com/graphql", validation_alias="GITHUB_GRAPHQL_URL", description="URL of the GraphQL API"
    )
    web_url: str = Field(
        "https://github.com", validation_alias="GITHUB_WEB_URL", description="URL of GitHub's website, for links"
    )
    allow_plain_http: bool = Field(False, validation_alias=plain_http.VARIABLE, description=plain_http.DESCRIPTION)
    is_simulated: bool = Field(
        False,
        validation_alias="PRFLOW_GITHUB_SIMULATED",
        description="Mark all pages as showing simulated pull requests; true in the demo only",
    )
    days_back: int = Field(
        30,
        validation_alias="PRFLOW_DAYS_BACK",
        ge=1,
        description="Days of pull requests that the first phase of onboarding fetches",
    )
    history_days: int = Field(
        90,
        validation_alias="PRFLOW_HISTORY_DAYS",
        ge=1,
        description="Days of pull requests that the second phase of onboarding fetches",
    )
    skip_recent: int = Field(
        0,
        validation_alias="PRFLOW_SKIP_RECENT",
        ge=0,
        description="Most recent days to leave out of the import; they are fetched once they are older",
    )
    history_months: int = Field(
        12,
        validation_alias="PRFLOW_HISTORY_MONTHS",
        ge=1,
        description="Months of pull requests that `prflow history` fetches",
    )
    page_size: int = Field(
        25,
        validation_alias=AliasChoices("PRFLOW_PAGE_SIZE", "PRFLOW_BATCH_SIZE"),
        ge=1,
        le=100,
        description="Maximum number of pull requests per query; slightly fewer if that is cheaper per pull request",
    )
    workers: int = Field(
        2,
        validation_alias="PRFLOW_GITHUB_WORKERS",
        ge=1,
        le=20,
        description="Number of concurrent GitHub queries at the start of a run",
    )
    max_workers: int = Field(
        4,
        validation_alias="PRFLOW_GITHUB_MOST_WORKERS",
        ge=1,
        le=50,
        description="Maximum number of concurrent GitHub queries",
    )
    sync_parts: int = Field(
        1,
        validation_alias="PRFLOW_SYNC_PARTS",
        ge=1,
        le=32,
        description="Processes that fetch one team's repositories at once, over all workers; 1 for one, as usual",
    )
    reserve_points: int = Field(
        200,
        validation_alias="PRFLOW_GITHUB_RESERVE",
        ge=0,
        description="Points of the hourly budget to leave for other users of the token",
    )
    timeout_seconds: float = Field(
        30.0,
        validation_alias="PRFLOW_GITHUB_TIMEOUT",
        gt=0,
        description="Seconds to wait for the response to one GitHub request",
    )
    keep_raw_answers: bool = Field(
        False,
        validation_alias="PRFLOW_KEEP_RAW_ANSWERS",
        description="Keep GitHub's raw responses, compressed, so that new fields can be read from them without queries",
    )

    @model_validator(mode="after")
    def _check_windows(self) -> Self:
        """Check that the three windows are in order."""
        if not self.skip_recent < self.days_back <= self.history_days:
            raise ValueError(
                f"PRFLOW_SKIP_RECENT ({self.skip_recent}) must be less than PRFLOW_DAYS_BACK ({self.days_back}), and "
                f"that not more than PRFLOW_HISTORY_DAYS ({self.history_days})"
            )
        return self

    @model_validator(mode="after")
    def _complete_addresses(self) -> Self:
        """Derive the addresses that were not set from those that were."""
        given = {name: getattr(self, name) for name in ADDRESSES if name in self.model_fields_set}
        for name, value in derive_addresses(**given).items():
            # Not by pydantic's own setter, which would mark it as set: a copy derives it again.
            self.__dict__[name] = value
        return self

    @model_validator(mode="after")
    def _check_connection(self) -> Self:
        """Check that no token of these settings is sent unencrypted; clients check those that come from elsewhere."""
        if any(one.get_secret_value() for one in self.tokens) or self.app_id.strip():
            self.refuse_plain_http()
        return self

    @property
    def tokens(self) -> tuple[SecretStr, SecretStr]:
        """The two settings that may hold tokens, in the order in which they are used."""
        return self.token, self.more_tokens

    def refuse_plain_http(self) -> None:
        """Raise NotConfigured if a token would be sent to either API unencrypted."""
        for name, url in (("GITHUB_API_URL", self.api_url), ("GITHUB_GRAPHQL_URL", self.graphql_url)):
            plain_http.refuse_plain_http(url, name=name, what="the GitHub token", is_allowed=self.allow_plain_http)


def derive_addresses(api_url: str = "", graphql_url: str = "", web_url: str = "") -> dict[str, str]:
    """Return the three addresses of a GitHub instance without a trailing slash; any one of them is enough.

    GITHUB_API_URL          GraphQL                  pages
    https://api.github.com  .../graphql              https://github.com
    https://HOST/api/v3     https://HOST/api/graphql https://HOST         GitHub Enterprise Server
    https://api.X.ghe.com   .../graphql              https://X.ghe.com    GitHub Enterprise Cloud with data residency

    Those given are kept, so that no token goes to another host.
    """
    api, graphql, web = (url.strip().rstrip("/") for url in (api_url, graphql_url, web_url))
    api = api or (_rest_of(graphql) if graphql else API)
    return {"api_url": api, "graphql_url": graphql or _graphql_of(api), "web_url": web or _web_of(api)}


def _graphql_of(api: str) -> str:
    return api.removesuffix(SERVER_REST) + SERVER_GRAPHQL if api.endswith(SERVER_REST) else f"{api}/graphql"


def _rest_of(graphql: str) -> str:
    if graphql.endswith(SERVER_GRAPHQL):
        return graphql.removesuffix(SERVER_GRAPHQL) + SERVER_REST
    return graphql.removesuffix("/graphql")


def _web_of(api: str) -> str:
    if api.endswith(SERVER_REST):
        return api.removesuffix(SERVER_REST)
    host = urlsplit(api).hostname or ""
    return f"https://{host.removeprefix('api.')}" if host.startswith("api.") and host.endswith(RESIDENCY) else WEB
