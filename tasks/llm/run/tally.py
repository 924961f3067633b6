"""Progress of a run in counts of pull requests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from tasks.llm.run.prior_attempts import PriorAttempts


@dataclass(frozen=True)
class Tally:
    """Progress of a run. Counts are of pull requests; `todo` is those that were pending when it began, None until they
    are counted.

    `by_other_runs` are those that another run has analysed meanwhile. `cost_usd` is None if the price of the model
    is not known. `stopped_because` is a sentence that says why a run ended before all were analysed.
    `waiting_for` is a name of `warehouse/sources.py`.
    """

    todo: int | None = None
    by_rule: int = 0
    by_model: int = 0
    failed: int = 0
    refused: int = 0
    by_other_runs: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    stopped_because: str | None = None
    waiting_until: datetime | None = None
    waiting_for: str | None = None

    @property
    def done(self) -> int:
        return self.by_rule + self.by_model + self.failed + self.refused + self.by_other_runs

    @property
    def left(self) -> int:
        return max((self.todo or 0) - self.done, 0)

    @property
    def is_partial(self) -> bool:
        """True if the run stopped early without an error: the next one continues."""
        return self.stopped_because is not None

    def columns(self, prior: PriorAttempts) -> dict[str, object]:
        """Return the columns of `pipeline_runs` with the counts of all attempts at the run."""
        # Until all are counted a total would only grow, and an attempt before may have stored it.
        total = {} if self.todo is None else {"llm_total": prior.done + self.todo}
        return {
            **total,
            "llm_by_rule": prior.by_rule + self.by_rule,
            "llm_by_model": prior.by_model + self.by_model,
            "llm_failed": prior.refused + self.failed + self.refused,
            "llm_left": self.left,
            "llm_stopped": self.stopped_because,
        }


OnProgress = Callable[[Tally], Awaitable[None]]
"""Called about once a second with the current tally."""
