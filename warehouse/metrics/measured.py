"""All that is computed of pull requests, share by share: their rows, their turns, and what weekly values count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.accounts.people import find_first_responses
from warehouse.metrics.anchors import as_stored, measure_share
from warehouse.metrics.facts import Facts
from warehouse.metrics.life.prepared import Shares
from warehouse.metrics.samples import Samples, concat_samples, repositories_of, sample, week_ends


@dataclass(frozen=True)
class Measured:
    """Rows of `pull_request_metrics` and of `turns`, what weekly values are computed from, and `find_first_responses`.

    `repositories` are the ids of those that the rows are of.
    """

    pull_requests: pl.DataFrame
    turns: pl.DataFrame
    samples: Samples
    first_responses: pl.DataFrame
    repositories: pl.Series


def measure_all(facts: Facts, as_of: datetime) -> Measured:
    """Return the same of all shares of facts that are in memory."""
    parts = list(measure_shares(Shares.of(facts), as_of))
    return Measured(
        pl.concat(part.pull_requests for part in parts),
        pl.concat(part.turns for part in parts),
        concat_samples(part.samples for part in parts),
        pl.concat(part.first_responses for part in parts),
        pl.concat(part.repositories for part in parts),
    )


def measure_shares(facts: Shares, as_of: datetime) -> Iterator[Measured]:
    """Yield the same of some repositories at a time: who keeps only the samples needs a fraction of the memory."""
    ends, repositories = week_ends(facts.team, as_of), repositories_of(facts.team)
    for share in facts.prepare():
        rows, turns = measure_share(share, as_of)
        yield Measured(
            *as_stored(rows, turns),
            sample(share, rows, ends, repositories),
            find_first_responses(share),
            share.pull_requests["repository_id"].unique(),
        )
