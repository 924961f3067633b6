"""How far a run is, and the two numbers that its settings and its calls so far give."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.llm.prompt.prompt import BYTES_PER_TOKEN, INPUT_BYTES, INSTRUCTIONS
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.earlier import Earlier

# Until the first answers have shown how long they take.
FIRST_LATENCY_SECONDS = 1.5
MAX_IN_FLIGHT = 200


@dataclass(frozen=True)
class Tally:
    """How far a run is. Counts are of pull requests; `todo` is those that were pending when it began.

    `elsewhere` are those that another run has read meanwhile. `cost_usd` is None where the model's price
    is not known; `stopped_because` says in words why a run ended before all were read.
    """

    todo: int = 0
    by_rule: int = 0
    by_model: int = 0
    failed: int = 0
    refused: int = 0
    elsewhere: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    stopped_because: str | None = None
    waiting_until: datetime | None = None

    @property
    def done(self) -> int:
        return self.by_rule + self.by_model + self.failed + self.refused + self.elsewhere

    @property
    def left(self) -> int:
        return max(self.todo - self.done, 0)

    @property
    def is_partial(self) -> bool:
        """True where the run stopped before everything was read, without a fault: the next one goes on."""
        return self.stopped_because is not None

    def counts(self, earlier: Earlier) -> dict[str, Any]:
        """As columns of `pipeline_runs`, of all attempts of the run."""
        return {
            "llm_total": earlier.done + self.todo,
            "llm_by_rule": earlier.by_rule + self.by_rule,
            "llm_by_model": earlier.by_model + self.by_model,
            "llm_failed": earlier.refused + self.failed + self.refused,
            "llm_left": self.left,
            "llm_stopped": self.stopped_because,
        }


Show = Callable[[Tally], Awaitable[None]]
"""Is told about once a second how far the run is."""


def in_flight(settings: LlmSettings, latencies: Sequence[float]) -> int:
    """How many calls at once keep the rate up in spite of latency (its 99th percentile), and no more than is set.

    Enough for twice the even rate, since the window lets calls go in bursts: one that comes late to its place
    in the window delays those a minute later as well.
    """
    slow = sorted(latencies)[int(len(latencies) * 0.99)] if latencies else FIRST_LATENCY_SECONDS
    return min(math.ceil(settings.rpm / 60 * slow * 2) + 2, settings.in_flight or MAX_IN_FLIGHT)


def input_bytes(settings: LlmSettings) -> int:
    """The budget of one input: less where one call would take more than the tokens of a minute."""
    if settings.tpm is None:
        return INPUT_BYTES
    tokens = settings.tpm - settings.max_completion_tokens - len(INSTRUCTIONS) / BYTES_PER_TOKEN
    return max(min(INPUT_BYTES, int(tokens * BYTES_PER_TOKEN * 0.9)), 500)
