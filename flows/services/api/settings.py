"""How the API listens. Every field is an environment variable or a line of `.env`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """The API for programs. Nothing listens unless ENABLE_API_KEYS is true."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_API_", env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    port: int = Field(8590, ge=1, le=65535, description="Port of the API")
    address: str = Field("127.0.0.1", description="Address that the API listens on; 0.0.0.0 behind a proxy with TLS")
    hosts: str = Field("", description="Host names that the API answers to besides this machine's, separated by commas")
    requests_a_minute: int = Field(60, ge=1, description="Requests a minute that a key may send")

    @property
    def host_names(self) -> list[str]:
        """Return the names of `hosts`, and those of this machine."""
        own = [name.strip().lower() for name in self.hosts.split(",") if name.strip()]
        return ["127.0.0.1", "localhost", *own]
