"""The state of one GraphQL request, and the error of a field that cannot be resolved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulators.github.store.records import Arguments, Record
from simulators.github.store.world import Organisation


@dataclass(slots=True)
class Context:
    """One request: the organisation it reads, the viewer, its variables, `rateLimit`, and the errors so far.

    `memory` keeps values that do not change within the request: arguments of fields, cache keys of parts.
    """

    organisation: Organisation
    rate_limit: Record | None = None
    variables: Arguments = field(default_factory=dict)
    errors: list[Record] = field(default_factory=list)
    memory: dict[object, Any] = field(default_factory=dict)
    viewer: Record | None = None


Getter = Callable[[Any, Arguments, Context], Any]


class FieldError(Exception):
    """A field that GitHub returns as null with an entry in `errors`; `kind` is the type of that entry."""

    def __init__(self, message: str, kind: str = "NOT_FOUND") -> None:
        super().__init__(message)
        self.kind = kind
