"""How many pull requests one query asks for: what GitHub bears today, up to the setting."""

SUCCESSES_TO_WIDEN = 4


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
