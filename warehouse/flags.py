"""Feature flags: what is off unless a person switches it on. Each is an environment variable or a line of `.env`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "ENABLE_"
"""How the variables of all flags begin."""


class FeatureFlags(BaseSettings):
    """Parts of prflow that call further systems."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    enable_slack_integration: bool = Field(
        False, description="Send messages to Slack, with PRFLOW_SLACK_WEBHOOK_URL or PRFLOW_SLACK_BOT_TOKEN"
    )
