"""Counts of a run from before it was resumed, to which it adds its own."""

from dataclasses import dataclass

from warehouse.connection import Warehouse


@dataclass(frozen=True)
class PriorAttempts:
    """Pull requests and requests of earlier attempts at this run. Failures are not included: they are retried."""

    by_rule: int = 0
    by_model: int = 0
    refused: int = 0
    requests: int = 0
    tokens: int = 0
    cost_usd: float = 0.0

    @property
    def done(self) -> int:
        return self.by_rule + self.by_model + self.refused


def read_prior_attempts(warehouse: Warehouse, run_id: str) -> PriorAttempts:
    row = warehouse.read_one(_PRIOR_ATTEMPTS, [run_id, run_id]) or {}
    return PriorAttempts(**{name: value for name, value in row.items() if value is not None})


_PRIOR_ATTEMPTS = """
SELECT r.llm_requests AS requests, r.llm_tokens AS tokens, r.llm_cost_usd AS cost_usd, a.by_rule, a.by_model, a.refused
FROM pipeline_runs r, (
    SELECT count(*) FILTER (source = 'rule') AS by_rule,
           count(*) FILTER (source = 'llm' AND status = 'done') AS by_model,
           count(*) FILTER (status = 'refused') AS refused
    FROM pr_analysis WHERE run_id = ?) a
WHERE r.run_id = ?
"""
