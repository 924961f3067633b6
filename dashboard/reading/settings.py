"""Settings of the dashboard, and the command that starts it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from dashboard.access.settings import LoginSettings
from warehouse.settings import Settings

PREFECT_PASSWORD_FILE = "prefect-password"  # noqa: S105  the name of a file
"""In the home: `user:password` of the Prefect server that prflow starts; only its owner may read it."""

PROCESS_HEADER = "x-process"
"""The header in which `/healthz` names the process that responds."""

SERVER = Path(__file__).parents[1] / "server.py"


class DashboardSettings(Settings):
    """How the dashboard listens, and when it calls something slow."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_DASHBOARD_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    port: int = Field(
        8501, ge=0, le=65535, description="Port of the dashboard on 127.0.0.1 for `prflow up` and `prflow demo`"
    )
    address: Literal["127.0.0.1", "0.0.0.0"] = Field(  # noqa: S104
        "127.0.0.1",
        description="127.0.0.1, or 0.0.0.0 to let other machines reach the dashboard, which needs a login",
    )
    url: str = Field(
        "",
        description="Address at which people open the dashboard, for links in Prefect; empty for that of `prflow up`",
    )
    hosts: str = Field(
        "",
        description="Host names that a proxy in front of the dashboard answers to, separated by commas",
    )
    stalled_seconds: int = Field(45, ge=5, description="Seconds without progress after which a run is shown as stalled")
    stale_hours: int = Field(26, ge=1, description="Hours after which the newest sync is shown as stale")
    has_benchmarks: bool = Field(
        True, description="Show badges that compare a period with the team's own weeks before it"
    )
    has_sql: bool = Field(True, description="Show the page Ask the data, which runs read-only SQL over the warehouse")
    has_settings: bool = Field(
        True,
        description="Show the pages Set up and Settings, where whoever opens the dashboard uses your access to GitHub; "
        "false once PRFLOW_DASHBOARD_HOSTS is set without a login, unless this is set, too",
    )
    has_metrics: bool = Field(
        False,
        description="Serve /metrics for Prometheus, and in /healthz the age of the last good sync of each team",
    )
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token that /metrics asks for; empty to tell everybody, unless people log in"
    )
    is_simulated: bool = Field(
        False,
        validation_alias="PRFLOW_GITHUB_SIMULATED",
        description="Mark all pages as showing simulated pull requests; true in the demo only",
    )
    is_set_up_demo: bool = Field(
        False, description="Begin the demo with the set-up; true in `prflow demo --setup` only"
    )
    prefect_api_url: str = Field(
        "",
        validation_alias="PREFECT_API_URL",
        description="API URL of your own Prefect server, ending in /api; empty to use the server that prflow starts",
    )
    prefect_ui_url: str = Field(
        "",
        validation_alias="PREFECT_UI_URL",
        description="URL of Prefect's web interface, for links from the dashboard",
    )
    prefect_auth: SecretStr = Field(
        SecretStr(""),
        validation_alias="PREFECT_API_AUTH_STRING",
        description="Credentials for Prefect's API, as user:password",
    )
    prefect_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="PREFECT_API_KEY",
        description="API key of Prefect Cloud",
    )

    @model_validator(mode="after")
    def _close_settings_to_others(self) -> Self:
        """Switch the settings off if a proxy lets others in, who do not log in, and nobody asked for them."""
        if "has_settings" not in self.model_fields_set and self.host_names and not LoginSettings().is_on:
            self.has_settings = False
        return self

    @property
    def host_names(self) -> list[str]:
        """Return the names of `hosts`."""
        return [name.strip().lower() for name in self.hosts.split(",") if name.strip()]


def pinned() -> dict[str, str]:
    """Return as variables all that is set of the dashboard and its login, in the environment or in `.env`.

    A process keeps them in its environment from its start on: a `.env` that is moved, emptied or half written while
    it runs must not switch the login off.
    """
    return {name: value for settings in (DashboardSettings(), LoginSettings()) for name, value in _variables(settings)}


def _variables(settings: Settings) -> Iterator[tuple[str, str]]:
    prefix = settings.model_config["env_prefix"]
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if type(settings).model_fields[name].validation_alias is None:
            text = str(value.get_secret_value() if isinstance(value, SecretStr) else value)
            yield f"{prefix}{name}".upper(), text


def command(port: int, address: str = "127.0.0.1") -> list[str]:
    """Return the command that starts the dashboard, which opens no browser and calls no other host."""
    return [
        sys.executable,
        *("-m", "streamlit", "run", str(SERVER)),
        f"--server.port={port}",
        f"--server.address={address}",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        # Nobody edits its code while it runs, and looking for that costs as much as an empty page.
        "--server.fileWatcherType=none",
    ]
