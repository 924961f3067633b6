"""The model's part of `prflow doctor`: check that there is a key, without showing or using it."""

from collections.abc import Iterator

from tasks.checks import Check, CheckContext
from tasks.llm.errors import KeyMissing
from tasks.llm.provider.providers import KEY_VARIABLE, require_key
from tasks.llm.provider.settings import LlmSettings
from warehouse.errors import NotConfigured


def check_key(_context: CheckContext) -> Iterator[Check]:
    """Check that the key is set, or that the provider is a local server and needs none.

    Raises ValidationError if a setting is unusable.
    """
    settings = LlmSettings()
    try:
        require_key(settings)
    except KeyMissing as error:
        yield Check(KEY_VARIABLE, "fault", "Not set.", str(error))
    except NotConfigured as error:
        yield Check(KEY_VARIABLE, "fault", str(error), error.hint)
    else:
        yield Check(KEY_VARIABLE, "ok", "Set, or not needed (not shown).")
