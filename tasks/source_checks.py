"""The check of each source for `prflow doctor`, by the source's name."""

from collections.abc import Callable, Iterator

from tasks.checks import Check, CheckContext
from tasks.github.access.doctor import check_github
from tasks.llm.provider.doctor import check_key
from warehouse.sources import GITHUB, MODEL

SOURCE_CHECKS: dict[str, Callable[[CheckContext], Iterator[Check]]] = {GITHUB: check_github, MODEL: check_key}
