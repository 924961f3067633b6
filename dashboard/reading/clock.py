"""The dashboard's clock: the one place in it that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The server's time, in UTC; a browser's clock is never used."""
    return datetime.now(UTC)
