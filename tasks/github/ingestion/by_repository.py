"""Rows of pull requests, grouped by repository."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from tasks.github.api.response import Row

T = TypeVar("T")


def group_by_repository(rows: Iterable[Row], make: Callable[[Row], T]) -> dict[str, dict[str, T]]:
    """Return, by repository id, what `make` makes of each row, by pull request id; of doubled rows the last.

    Rows hold at least `repository_id` and `id`.
    """
    groups: dict[str, dict[str, T]] = {}
    for row in rows:
        groups.setdefault(row["repository_id"], {})[row["id"]] = make(row)
    return groups


def describe_problem(row: Row) -> str:
    """Return a row's `reason` after the number of its pull request: `#7: commits: 250 of 300`."""
    return f"#{row['number']}: {row['reason']}"
