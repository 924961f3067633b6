"""A check that cannot be carried out is a fault, and the others follow all the same."""

from collections.abc import Callable, Iterable, Iterator

from flows.cli.parts.door import explain
from tasks.checks import Check


def guarded(name: str, check: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """Yield the results of a check. One that cannot be carried out is a fault, and the others follow all the same."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001  whatever it is, a person is told, and the other checks go on
        message, hint = explain(error)
        yield Check(name, "fault", f"Could not be checked. {message}", hint)
