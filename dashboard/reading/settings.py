"""Settings of the dashboard, and the command that starts it."""

import sys
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVER = Path(__file__).parents[1] / "server.py"


class DashboardSettings(BaseSettings):
    """How the dashboard listens, and when it calls something slow."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_DASHBOARD_", env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    port: int = Field(8501, ge=0, le=65535, description="Port on 127.0.0.1; taken by `prflow up` and `prflow demo`")
    stalled_seconds: int = Field(45, ge=5, description="Without a commit for this long, a run is shown as stalled")
    stale_hours: int = Field(26, ge=1, description="A newest sync older than this is marked as stale")
    has_benchmarks: bool = Field(True, description="Show the badge that compares with the LinearB community")
    is_simulated: bool = Field(
        False,
        validation_alias="PRFLOW_GITHUB_SIMULATED",
        description="True in the demo only: pages then say that the pull requests are simulated",
    )
    prefect_api_url: str = Field("", validation_alias="PREFECT_API_URL", description="Empty for prflow's own server")
    prefect_ui_url: str = Field("", validation_alias="PREFECT_UI_URL", description="Where people open Prefect")
    prefect_auth: SecretStr = Field(
        SecretStr(""), validation_alias="PREFECT_API_AUTH_STRING", description="user:password of Prefect's API"
    )


def command(port: int, address: str = "127.0.0.1") -> list[str]:
    """Starts the dashboard. No browser is opened, and no host but its own is called."""
    return [
        sys.executable, "-m", "streamlit", "run", str(SERVER),
        f"--server.port={port}",
        f"--server.address={address}",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
    ]  # fmt: skip
