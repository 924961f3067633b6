"""What one request knows, and how a field says no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.github.store.records import Record
from simulators.github.store.world import Organisation


@dataclass(slots=True)
class Context:
    """Whom a request asks about, who asks, its limits as `rateLimit` shows them, its variables, what went wrong so far.

    `memory` holds what is the same for the whole request: arguments of fields, signatures of cached parts.
    """

    organisation: Organisation
    rate_limit: Record | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    errors: list[Record] = field(default_factory=list)
    memory: dict[Any, Any] = field(default_factory=dict)
    viewer: Record | None = None


Arguments = Mapping[str, Any]
Getter = Callable[[Any, Arguments, Context], Any]


class FieldError(Exception):
    """A field that GitHub answers with null and an entry in `errors`; `kind` is the entry's type."""

    def __init__(self, message: str, kind: str = "NOT_FOUND") -> None:
        super().__init__(message)
        self.kind = kind
