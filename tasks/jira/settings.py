"""The settings of Jira. Every field is an environment variable or a line of `.env`."""

import re

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks import plain_http


class JiraSettings(BaseSettings):
    """Jira Cloud or Data Center. Nothing is read from it unless ENABLE_JIRA_INTEGRATION is true."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_JIRA_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    url: str = Field("", description="Address of Jira, for example https://acme.atlassian.net; empty to read none")
    email: str = Field(
        "", description="E-mail address of the owner of the API token (Jira Cloud); empty for Data Center"
    )
    token: SecretStr = Field(
        SecretStr(""), description="API token of Jira Cloud, or personal access token of Jira Data Center"
    )
    projects: str = Field(
        "", description="Keys of the projects to look for, separated by commas; empty for all that the token may see"
    )
    allow_plain_http: bool = Field(False, validation_alias=plain_http.VARIABLE, description=plain_http.DESCRIPTION)

    @property
    def base_url(self) -> str:
        """The address without a trailing slash, with its context path if there is one."""
        return self.url.strip().rstrip("/")

    @property
    def project_keys(self) -> tuple[str, ...]:
        """The keys that a person chose, in upper case; none for all that the token may see."""
        return tuple(dict.fromkeys(key.upper() for key in re.split(r"[\s,;]+", self.projects) if key))
