"""The settings of the warehouse. Every field is an environment variable or a line of `.env`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WarehouseSettings(BaseSettings):
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
    warehouse_keep_days: int = Field(
        30, ge=0, description="Days for which earlier states of the warehouse are kept for time travel"
    )

    @property
    def catalog(self) -> str:
        return self.warehouse_catalog or f"sqlite:{self.home.resolve()}/warehouse/catalog.sqlite"

    @property
    def data_path(self) -> str:
        return self.warehouse_data or f"{self.home.resolve()}/warehouse/data"
