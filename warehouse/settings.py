"""The settings of the warehouse. Every field is an environment variable or a line of `.env`."""

import os
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings that a page may ask for at every click."""

    @classmethod
    def read(cls) -> Self:
        """Return the settings of now, made again only if the environment or `.env` has changed since.

        Making them takes a millisecond. Nobody may change them. Raises as making them does.
        """
        now = _fingerprint()
        known = _made.get(cls)
        if known is None or known[0] != now:
            known = _made[cls] = (now, cls())
        made = known[1]
        return made if isinstance(made, cls) else cls()


_made: dict[type[BaseSettings], tuple[object, BaseSettings]] = {}


def _fingerprint() -> tuple[object, ...]:
    try:
        file = Path(".env").stat()
    except OSError:
        return Path.cwd(), dict(os.environ)
    return Path.cwd(), dict(os.environ), file.st_mtime_ns, file.st_size


class WarehouseSettings(Settings):
    """The one folder that holds all state, and the two addresses that move the warehouse elsewhere."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_", env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = Field(
        Path(".prflow"), description="Folder for all state: the warehouse, Prefect's database and the logs"
    )
    # It may hold a password: not for printing.
    warehouse_catalog: str = Field(
        "",
        repr=False,
        description="DuckLake catalog: sqlite:<file> or postgres:<libpq connection string>; "
        "empty for sqlite:<home>/warehouse/catalog.sqlite",
    )
    warehouse_data: str = Field(
        "", description="Location of the Parquet files: a folder or s3://bucket/prefix; empty for <home>/warehouse/data"
    )
    s3_endpoint: str = Field(
        "",
        description="Server of the data files if it is not Amazon's (MinIO, Ceph, R2): https://host:port, or http:// "
        "within a network that you trust",
    )
    s3_region: str = Field("", description="Region of the bucket; empty for AWS_REGION or that of the AWS profile")
    s3_url_style: Literal["", "path", "vhost"] = Field(
        "", description="Bucket in the path or in the host name; empty for path with PRFLOW_S3_ENDPOINT, else vhost"
    )
    warehouse_keep_days: int = Field(
        30, ge=0, description="Days for which earlier states of the warehouse are kept for time travel"
    )

    @field_validator("s3_endpoint")
    @classmethod
    def _check_endpoint(cls, value: str) -> str:
        """Take `host:port` for https; refuse what is no address of a server, or holds a password."""
        if not value:
            return value
        address = value if "://" in value else f"https://{value}"
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("must be http://host:port or https://host:port, without a user and password")
        if parts.path.strip("/") or parts.query or parts.fragment or any(sign.isspace() for sign in address):
            raise ValueError("must be http://host:port or https://host:port, without anything after the port")
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def catalog(self) -> str:
        return self.warehouse_catalog or f"sqlite:{self.home.resolve()}/warehouse/catalog.sqlite"

    @property
    def data_path(self) -> str:
        return self.warehouse_data or f"{self.home.resolve()}/warehouse/data"
