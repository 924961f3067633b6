"""The settings of the flows. Every field is an environment variable or a line of `.env`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FlowSettings(BaseSettings):
    """What a run needs to know of the product around it."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    dashboard_url: str = Field(
        "",
        validation_alias="PRFLOW_DASHBOARD_URL",
        description="Address at which people open the dashboard, for links in Prefect; empty for that of `prflow up`",
    )
