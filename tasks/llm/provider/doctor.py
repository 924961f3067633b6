"""The model's part of `prflow doctor`: whether there is a key, which is not shown and not used."""

from collections.abc import Iterator

from tasks.checks import Check, CheckContext
from tasks.llm.provider.providers import KEY_VARIABLE, require_key
from tasks.llm.provider.settings import LlmSettings


def check_model(_context: CheckContext) -> Iterator[Check]:
    """Check that the provider has a key, or needs none, as one on your own machine."""
    try:
        require_key(LlmSettings())
    except ValueError as error:
        yield Check(KEY_VARIABLE, "fault", "Not set.", str(error))
    else:
        yield Check(KEY_VARIABLE, "ok", "Set, or not needed (not shown).")
