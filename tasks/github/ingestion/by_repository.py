"""Rows of pull requests, grouped by repository."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def group_by_repository(
    rows: Iterable[Mapping[str, Any]], make: Callable[[Mapping[str, Any]], T]
) -> dict[str, dict[str, T]]:
    """Return, by repository id, what `make` makes of each row, by pull request id; of doubled rows the last.

    Rows hold at least `repository_id` and `id`.
    """
    groups: dict[str, dict[str, T]] = {}
    for row in rows:
        groups.setdefault(row["repository_id"], {})[row["id"]] = make(row)
    return groups


def describe_problem(row: Mapping[str, Any]) -> str:
    """Return a row's `reason` after the number of its pull request: `#7: commits: 250 of 300`."""
    return f"#{row['number']}: {row['reason']}"
