"""The clock of the flows and the command line: read there and passed to everything below."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this machine's time, in UTC."""
    return datetime.now(UTC)
