"""Feature flags, read here alone. Each is an environment variable or a line of `.env`.

What is switched off shows nowhere: no page, no step of the set-up, no button, no command does anything for it.
"""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "ENABLE_"
"""How the variables of all flags begin."""


class FeatureFlags(BaseSettings):
    """Parts of prflow that call further systems, off unless a person wants them; and how a first import is done."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    enable_slack_integration: bool = Field(
        False, description="Send messages to Slack, with PRFLOW_SLACK_WEBHOOK_URL or PRFLOW_SLACK_BOT_TOKEN"
    )
    enable_jira_integration: bool = Field(
        False,
        description="Read from Jira the issues that pull requests name, with PRFLOW_JIRA_URL and PRFLOW_JIRA_TOKEN",
    )
    enable_api_keys: bool = Field(False, description="Serve numbers to programs that show a key, at PRFLOW_API_PORT")
    enable_two_phase_onboarding: bool = Field(
        True,
        description="Import the last days first and open the dashboard, then the rest of the history; "
        "false: import all of it before the dashboard opens",
    )


def is_jira_on() -> bool:
    """Return whether Jira is switched on: without that nothing of it shows, and nothing is read."""
    return FeatureFlags().enable_jira_integration
