"""The dashboard's clock: the only place in it that reads the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the server's time in UTC; a browser's clock is never used."""
    return datetime.now(UTC)
