"""The root of every error that prflow raises on purpose.

PrflowError            a message for the person who reads it, and `hint`, the way out
├── NotConfigured      a setting, token or key is missing or unusable; also a ValueError
├── UnknownTeam        no team of that name
├── BadArgument        an argument of a command or a page makes no sense
├── WarehouseError     warehouse/connection.py
├── GitHubError        tasks/github/api/errors.py
├── LlmError           tasks/llm/errors.py
└── ...                what one module raises stands in that module

The command line prints these as one sentence and the hint, with exit code 1. Anything else that reaches it is a
defect and ends with a traceback.
"""

from collections.abc import Sequence

# GitHub's logins have at most 39 characters.
MAX_NAME = 80
MAX_NAMED = 5


class PrflowError(Exception):
    """An error with a message for a person. `hint` says what to do about it; empty if the message does."""

    hint: str = ""

    def __init__(self, message: str = "", hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class NotConfigured(PrflowError, ValueError):
    """A setting, token or key is missing or unusable; the message names the variable."""


class UnknownTeam(PrflowError, LookupError):
    """No team of that name; `team` may be empty, for no team at all. `known` are the teams that there are."""

    def __init__(self, team: str, known: Sequence[str] = ()) -> None:
        team = team[:MAX_NAME]
        words = f"There is no team {team}." if team else "There is no team yet."
        hint = f"Run `prflow onboard {team or 'OWNER'}` to add it"
        if known:
            more = f" and {len(known) - MAX_NAMED} more" if len(known) > MAX_NAMED else ""
            hint += f", or name one that there is: {', '.join(known[:MAX_NAMED])}{more}"
        super().__init__(words, f"{hint}.")


class BadArgument(PrflowError, ValueError):
    """An argument cannot be used; the message says why and how to write it."""
