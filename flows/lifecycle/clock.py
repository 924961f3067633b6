"""What time it is: asked in flows and on the command line only, passed to everything below."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
