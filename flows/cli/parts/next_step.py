"""What to do about a run that failed."""

from flows.cli.parts.home import Home
from warehouse.progress.values import Status


def next_step(login: str, status: Status, home: Home) -> str:
    """Return what to do about a failed run: a command if there is one, and the dashboard's Retry."""
    retry = "Retry on the dashboard" if home.services else "Retry on the dashboard of `prflow up`"
    if home.is_demo:
        return f"To continue: {retry if home.services else '`prflow demo` starts over'}."
    if status is Status.COMPLETE:
        return f"The next nightly run continues; to do so now: {retry}."
    return f"To continue: `prflow onboard {login}`, or {retry}; what is done is kept."
