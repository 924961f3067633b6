"""How often a request to GitHub is retried, and how long the client waits in between."""

ATTEMPTS = 5
# A network that is gone for a minute comes back more often than a query that failed five times passes.
ATTEMPTS_TO_REACH = 8
FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 30.0


def backoff_seconds(attempt: int, jitter: float) -> float:
    """Return the wait after the failed `attempt`, counted from 1: doubled each time, and spread by `jitter` in [0, 1).

    The wait is between half of the full value and all of it, so that workers do not retry together.
    """
    full: float = min(FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1), MAX_BACKOFF_SECONDS)
    return full * (0.5 + jitter / 2)
