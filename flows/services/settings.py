"""Settings of the services that prflow runs. Every field is an environment variable or a line of `.env`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """The servers that prflow uses and their ports; they listen on this machine only."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    dashboard_port: int | None = Field(
        None,
        validation_alias="PRFLOW_DASHBOARD_PORT",
        ge=1,
        le=65535,
        description="Port of the dashboard; empty for 8501 or the next free port",
    )
    prefect_api_url: str = Field(
        "",
        validation_alias="PREFECT_API_URL",
        description="API URL of your own Prefect server, ending in /api; empty to start one",
    )
    log_json: bool = Field(
        False,
        validation_alias="PRFLOW_LOG_JSON",
        description="Write the logs of Prefect's server, the worker and the flows as JSON, one object a line",
    )
    worker_runs: int = Field(
        6,
        validation_alias="PRFLOW_WORKER_RUNS",
        ge=1,
        description="Runs that one worker has at once, 0.3 to 1.2 GB of memory each; others wait for room",
    )
    worker_queues: str = Field(
        "",
        validation_alias="PRFLOW_WORKER_QUEUES",
        description="Queues that the worker takes runs from, with commas: onboarding,compute,sync,llm; empty for all",
    )
    nightly_hour: int = Field(
        5,
        validation_alias="PRFLOW_NIGHTLY_HOUR",
        ge=0,
        le=23,
        description="Hour of the nightly refresh, in UTC; the weekly one starts an hour later, maintenance 90 minutes",
    )

    @property
    def queue_names(self) -> list[str]:
        """Return the queues that the worker takes runs from; none stands for all, those that people add included."""
        return [name for part in self.worker_queues.split(",") if (name := part.strip())]
