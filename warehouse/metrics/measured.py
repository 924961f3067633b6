"""All that is computed of pull requests, share by share: their rows, their turns, and what weekly values count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.anchors import as_stored, measure_share
from warehouse.metrics.facts import Facts
from warehouse.metrics.life.shares import split_by_repository
from warehouse.metrics.outcomes.endings import complete_lives
from warehouse.metrics.outcomes.landings import apply_landings
from warehouse.metrics.samples import Samples, concat_samples, repositories_of, sample, week_ends


@dataclass(frozen=True)
class Measured:
    """Rows of `pull_request_metrics` and of `turns`, and what the weekly values are computed from."""

    pull_requests: pl.DataFrame
    turns: pl.DataFrame
    samples: Samples


def measure_all(facts: Facts, as_of: datetime) -> Measured:
    """Return the rows of both tables and the samples of all shares."""
    parts = list(measure_shares(facts, as_of))
    return Measured(
        pl.concat(part.pull_requests for part in parts),
        pl.concat(part.turns for part in parts),
        concat_samples(part.samples for part in parts),
    )


def measure_shares(facts: Facts, as_of: datetime) -> Iterator[Measured]:
    """Yield the same of some repositories at a time: who keeps only the samples needs half of the memory."""
    ends, repositories = week_ends(facts, as_of), repositories_of(facts)
    for share in split_by_repository(apply_landings(complete_lives(facts))):
        rows, turns = measure_share(share, as_of)
        yield Measured(*as_stored(rows, turns), sample(share, rows, ends, repositories))
