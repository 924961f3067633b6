"""The clock of the simulators: read where they start and passed down from there."""

import time
from datetime import UTC, datetime


def seconds() -> float:
    """Return the seconds since 1970, by this machine's clock."""
    return time.time()


def now() -> datetime:
    """Return this machine's time, in UTC."""
    return datetime.fromtimestamp(seconds(), UTC)
