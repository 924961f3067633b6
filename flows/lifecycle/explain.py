"""Errors in words for people: what happened, and what to do."""

import os
import re
from collections.abc import Iterator

from pydantic import ValidationError

from tasks import sources
from tasks.llm.rules.redact import redact
from warehouse.errors import NotConfigured, PrflowError
from warehouse.guard import masking

LOGIN_SECRETS = ("PRFLOW_LOGIN_CLIENT_SECRET", "PRFLOW_LOGIN_COOKIE_SECRET")
PREFECT_SECRETS = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING")
MIN_SECRET_LENGTH = 6
MAX_LENGTH = 500
RETRY = "Retry: what is done is kept and not done again."


def describe(error: BaseException | None) -> tuple[str, str]:
    """Return (error, hint). prflow's own exceptions hold both; of others only the type and first line are shown."""
    if error is None:
        return "The run failed for an unknown reason.", f"See its log in Prefect. {RETRY}"
    text = _one_line(say(error))
    if isinstance(error, PrflowError) and (error.hint or not isinstance(error, NotConfigured)):
        return text or type(error).__name__, error.hint
    if isinstance(error, ValueError) and (names := re.findall(r"\b(?:[A-Z]+_)+[A-Z]+\b", text)):
        return text, f"Set {names[0]} in the environment or in .env, start prflow again, then retry."
    return f"{type(error).__name__}: {text}".rstrip(": "), f"See the run's log in Prefect. {RETRY}"


def say(error: BaseException) -> str:
    """Return the error's message. For invalid settings it names each, without its value."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return (
        "; ".join(": ".join([*map(str, one["loc"]), one["msg"].removeprefix("Value error, ")]) for one in found) + "."
    )


def _one_line(text: str) -> str:
    """Return the first line without secrets."""
    first = mask(text.strip()).partition("\n")[0]
    return first if len(first) <= MAX_LENGTH else first[: MAX_LENGTH - 1] + "…"


def mask(text: str) -> str:
    """Return the text without secrets of the environment and without what looks like one."""
    for name in (*sources.secret_variables(), *PREFECT_SECRETS, *LOGIN_SECRETS, *masking.ENVIRONMENT):
        for value in _parts(os.environ.get(name, "")):
            text = text.replace(value, f"<{name}>")
    return redact(text).text


def _parts(value: str) -> Iterator[str]:
    """Yield a value, each of several tokens in it, and each line of a key."""
    parts = {value.strip(), *re.split(r"[,\s]+|\\n", value)}
    yield from sorted((part for part in parts if len(part) >= MIN_SECRET_LENGTH), key=len, reverse=True)
