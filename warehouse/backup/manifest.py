"""`prflow-backup.json`: what a backup holds, with a digest of each file.

Names, types and defaults of a backup become SQL when it is restored, and anybody may have written it: they are held to
a narrow form here.
"""

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from warehouse.connection import WarehouseError

FILE = "prflow-backup.json"
FORMAT = 1
_TYPE = (
    r"(?:VARCHAR|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|FLOAT|DOUBLE|DECIMAL\(\d{1,2},\d{1,2}\)|DATE|TIME|UUID|BLOB"
    r"|TIMESTAMP(?:_NS|_MS|_S)?|TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE)(?:\[\])*"
)
_LITERAL = r"(?:NULL|-?\d+(?:\.\d+)?|(?i:true|false)|'(?:[^']|'')*')"
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
ColumnType = Annotated[str, StringConstraints(pattern=rf"^{_TYPE}$")]
Default = Annotated[str, StringConstraints(pattern=rf"^(?:|{_LITERAL}|CAST\({_LITERAL} AS {_TYPE}\))$")]


class BackupUnusable(WarehouseError):
    """The backup cannot be written, or cannot be read back; the message says why."""


class BackedUpColumn(BaseModel):
    """A column as the warehouse declares it; `default` is a literal of SQL."""

    name: Name
    type: ColumnType
    comment: str = ""
    default: Default | None = None
    may_be_null: bool = True


class BackedUpTable(BaseModel):
    """A table and its file, `<name>.parquet`, with the SHA-256 digest of it."""

    name: Name
    comment: str = ""
    columns: list[BackedUpColumn]
    rows: int = 0
    sha256: str = ""


class Manifest(BaseModel):
    """`version` is that of the tables, `prflow` that of the program; `created_at` is ISO 8601 in UTC."""

    format: int = FORMAT
    prflow: str
    version: str
    created_at: str
    tables: list[BackedUpTable] = Field(min_length=1)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def program_version() -> str:
    return metadata.version("prflow")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / FILE).write_text(manifest.model_dump_json(indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup holds, and compare each file with its digest; BackupUnusable if one differs."""
    found = parse_manifest(folder)
    if found.format > FORMAT:
        raise BackupUnusable(f"{folder} was made by a newer prflow ({found.prflow}).", "Restore it with that version.")
    for table in found.tables:
        if digest(folder / f"{table.name}.parquet") != table.sha256:
            raise BackupUnusable(f"The backup is damaged: {table.name}.parquet is missing or not what was written.")
    return found


def parse_manifest(folder: Path) -> Manifest:
    """Read what a backup says that it holds; BackupUnusable if it says nothing, or what no warehouse could hold."""
    try:
        return Manifest.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        raise BackupUnusable(f"{folder} is not a backup of prflow.", "Give what `prflow backup` wrote.") from None


def digest(file: Path) -> str:
    """Return the SHA-256 digest of a file; empty if there is none."""
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
