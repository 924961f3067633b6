"""The settings of the channels. Every field is an environment variable or a line of `.env`."""

import re
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks import plain_http

PORTS = {"starttls": 587, "ssl": 465, "none": 25}


def _config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(
        env_prefix=prefix,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class MailSettings(BaseSettings):
    """The mail server. Without a host no mail is sent."""

    model_config = _config("PRFLOW_SMTP_")

    host: str = Field("", description="Mail server (SMTP) that sends messages; empty to send no mail")
    port: int = Field(0, ge=0, le=65535, description="Its port; 0 for 587, with ssl 465, with none 25")
    security: Literal["starttls", "ssl", "none"] = Field(
        "starttls", description="starttls, ssl, or none for a server on this machine"
    )
    user: str = Field("", description="Login at the mail server; empty for a server without one")
    password: SecretStr = Field(SecretStr(""), description="Password at the mail server")
    sender: str = Field(
        "",
        validation_alias="PRFLOW_SMTP_FROM",
        description="Address that mails come from, for example prflow <prflow@example.com>",
    )
    to: str = Field(
        "",
        description="Mail addresses for the teams that have none of their own (`prflow notify add`), "
        "separated by commas",
    )

    @property
    def actual_port(self) -> int:
        return self.port or PORTS[self.security]


class SlackSettings(BaseSettings):
    """Slack, by a webhook (one channel) or a bot (any channel). Off unless ENABLE_SLACK_INTEGRATION is true."""

    model_config = _config("PRFLOW_SLACK_")

    webhook_url: SecretStr = Field(
        SecretStr(""), description="Address of an incoming webhook: messages of all teams go to its channel"
    )
    bot_token: SecretStr = Field(SecretStr(""), description="Token of a bot (xoxb-...) with the scope chat:write")
    channel: str = Field(
        "", description="Channel of the bot for the teams that have none of their own (`prflow notify add`)"
    )
    api_url: str = Field("https://slack.com/api/", description="Address of Slack's API, for GovSlack")
    allow_plain_http: bool = Field(False, validation_alias=plain_http.VARIABLE, description=plain_http.DESCRIPTION)


class AppriseSettings(BaseSettings):
    """Whatever else Apprise can reach."""

    model_config = _config("PRFLOW_APPRISE_")

    urls: SecretStr = Field(
        SecretStr(""),
        description="Apprise addresses (Teams, Discord, ntfy and a hundred others), separated by spaces: messages of "
        "all teams go to each",
    )

    @property
    def addresses(self) -> list[str]:
        """Return the addresses one by one. A comma before the next one parts them too, as Apprise reads them."""
        parts = re.split(r"\s+|,\s*(?=[A-Za-z][\w+.-]*://)", self.urls.get_secret_value())
        return [address for part in parts if (address := part.strip(","))]


class MessageSettings(BaseSettings):
    """What messages say, and when people are told that nothing happens."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    dashboard_url: str = Field(
        "", validation_alias="PRFLOW_DASHBOARD_URL", description="Address at which people open the dashboard"
    )
    stale_hours: int = Field(
        26,
        ge=1,
        validation_alias="PRFLOW_DASHBOARD_STALE_HOURS",
        description="Hours after which the newest sync is shown as stale",
    )
