"""Which repositories make up the parts of a sync."""

import heapq
from collections.abc import Mapping

from warehouse.connection import Warehouse

PARTS_A_PROCESS = 4
"""Twice as many as a process takes at once, so that the last ones even out; few, since each is planned by itself."""
MIN_SIZE = 250
"""Pull requests, of all time, that are worth a part."""
MIN_PARTS = 4
"""A team of fewer is one part: another process takes longer to start than to fetch that."""


def plan_parts(sizes: Mapping[str, int], processes: int, min_size: int | None = None) -> list[list[str]]:
    """Divide repositories, given by their numbers of pull requests, into parts of about the same size.

    The largest come first: each goes to the part that is smallest so far. A repository is never divided. The parts have
    at least MIN_SIZE pull requests on the average; a team that is too small for MIN_PARTS of those is one part.
    """
    enough = sum(sizes.values()) // (MIN_SIZE if min_size is None else min_size)
    count = min(len(sizes), processes * PARTS_A_PROCESS, enough if enough >= MIN_PARTS else 1)
    parts: list[list[str]] = [[] for _ in range(count)]
    smallest = [(0, place) for place in range(count)]
    for key, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        total, place = heapq.heappop(smallest)
        parts[place].append(key)
        heapq.heappush(smallest, (total + size + 1, place))
    return parts


def read_sizes(warehouse: Warehouse, team_id: str) -> dict[str, int]:
    """Return the numbers of pull requests of a team's followed repositories; 0 if GitHub has not said yet."""
    sql = "SELECT id, coalesce(pull_requests_count, 0) FROM repositories WHERE team_id = ? AND is_followed"
    return dict(warehouse.read(sql, [team_id]).iter_rows())
