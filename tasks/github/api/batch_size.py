"""How many pull requests one query asks for: what GitHub bears today, up to the setting."""

from tasks.github.api.queries import PULL_REQUESTS

SUCCESSES_TO_WIDEN = 4
# How far below the setting a size may be for the sake of points: each query less is a second less.
SMALLEST_SHARE = 0.8


def plan_batch_size(most: int) -> int:
    """The size of at most `most`, and not far below it, of which a pull request costs the fewest points.

    GitHub rounds the cost of a query: with ten connections 25 pull requests cost 3 points and 24 cost 2.
    """
    sizes = range(most, max(1, round(most * SMALLEST_SHARE)) - 1, -1)
    return min(sizes, key=lambda size: PULL_REQUESTS.cost({"ids": ["x"] * size, "first": 100}) / size)


class BatchSize:
    """Pull requests of a batch: halved where GitHub finds one too heavy, doubled again by successes."""

    def __init__(self, most: int) -> None:
        self.now = self._most = most
        self._successes = 0

    def learn(self, was_halved: bool) -> None:
        self._successes = 0 if was_halved else self._successes + 1
        if was_halved:
            self.now = max(1, self.now // 2)
        elif self._successes >= SUCCESSES_TO_WIDEN:
            self.now, self._successes = min(self._most, self.now * 2), 0
