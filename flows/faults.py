"""A failure in words: what a person reads on the page, and what can be done about it."""

import os
import re

from pydantic import ValidationError

SECRETS = ("GITHUB_TOKEN", "GROQ_API_KEY", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")
LONGEST = 500
RETRY = "Retry: what is done is kept and not done again."


def describe(error: BaseException | None) -> tuple[str, str]:
    """(error, hint). Our own exceptions say both themselves; of others only the type and first line are shown."""
    if error is None:
        return "The run failed without saying why.", f"See its log in Prefect. {RETRY}"
    text = _one_line(say(error))
    hint = getattr(error, "hint", None)
    if isinstance(hint, str):
        return text or type(error).__name__, hint
    if isinstance(error, ValueError) and (names := re.findall(r"\b(?:[A-Z]+_){1,3}[A-Z]+\b", text)):
        return text, f"Set {names[0]} in the environment or in .env, start prflow again, then retry."
    return f"{type(error).__name__}: {text}".rstrip(": "), f"See the run's log in Prefect. {RETRY}"


def say(error: BaseException) -> str:
    """The error's own words. Of settings that are not valid each is named, without its value."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return (
        "; ".join(": ".join([*map(str, one["loc"]), one["msg"].removeprefix("Value error, ")]) for one in found) + "."
    )


def _one_line(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    for name in SECRETS:
        value = os.environ.get(name, "").strip()
        if len(value) > 5:
            first = first.replace(value, f"<{name}>")
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"
