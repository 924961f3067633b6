"""The number of pull requests per query: as many as GitHub currently handles, up to the setting."""

from tasks.github.api.queries.pull_requests import PULL_REQUESTS

SUCCESSES_TO_GROW = 4
# How far below the setting a size may be to save points: fewer queries take less time.
MIN_SHARE = 0.8


def plan_batch_size(max_size: int) -> int:
    """Return the batch size within 20 % of `max_size` with the lowest cost per pull request.

    GitHub rounds the cost of a query: with ten connections 25 pull requests cost 3 points and 24 cost 2.
    """
    sizes = range(max_size, max(1, round(max_size * MIN_SHARE)) - 1, -1)
    return min(sizes, key=lambda size: PULL_REQUESTS.cost({"ids": ["x"] * size, "first": 100}) / size)


class BatchSize:
    """The current batch size: halved if a batch is too heavy for GitHub, doubled again after successes."""

    def __init__(self, max_size: int) -> None:
        self.current = self._max_size = max_size
        self._successes = 0

    def record(self, was_halved: bool) -> None:
        self._successes = 0 if was_halved else self._successes + 1
        if was_halved:
            self.current = max(1, self.current // 2)
        elif self._successes >= SUCCESSES_TO_GROW:
            self.current, self._successes = min(self._max_size, self.current * 2), 0
