"""The versions of a warehouse's tables that this prflow knows, told without opening one."""

from functools import cache
from pathlib import Path

VERSION_TABLE = "schema_version"
"""The table, of one row, in which Alembic keeps the version of a warehouse."""
VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"


@cache
def known_versions() -> tuple[str, ...]:
    """Return the names of all steps, oldest first. A step's file begins with its name."""
    return tuple(sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py")))


def is_newer(version: str | None) -> bool:
    """Return whether only a newer prflow knows this version."""
    return version is not None and version > known_versions()[-1]


def is_older(version: str | None) -> bool:
    """Return whether steps are missing; not of a warehouse without any table."""
    return version is not None and version < known_versions()[-1]
