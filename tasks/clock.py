"""The clock of `tasks/`: read at Prefect's edge and passed down from there."""

import time
from datetime import UTC, datetime


def seconds() -> float:
    """Return the seconds since 1970, by this machine's clock."""
    return time.time()


def wall_clock() -> datetime:
    """Return this machine's time, in UTC."""
    return datetime.fromtimestamp(seconds(), UTC)
