"""The model's part of `prflow doctor`: check that there is a key, without showing or using it."""

from collections.abc import Iterator

from tasks.checks import Check, CheckContext
from tasks.llm.provider.providers import KEY_VARIABLE, require_key
from tasks.llm.provider.settings import LlmSettings


def check_key(_context: CheckContext) -> Iterator[Check]:
    """Check that the key is set, or that the provider is a local server and needs none."""
    try:
        require_key(LlmSettings())
    except ValueError as error:
        yield Check(KEY_VARIABLE, "fault", "Not set.", str(error))
    else:
        yield Check(KEY_VARIABLE, "ok", "Set, or not needed (not shown).")
