"""Find the repository behind a slower phase: without it, most of the rise is gone."""

from dataclasses import dataclass

import polars as pl

from warehouse.insights.change import Change, measure_change
from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding
from warehouse.insights.slowed_phase import Slowed, find_slowed, order_of
from warehouse.insights.words import duration
from warehouse.words import plural

DETECTOR = "driving_repository"
MIN_N_OF_REPOSITORY = 5
# A repository drives a rise when at most half of it is left without the repository.
MAX_LEFT_SHARE = 0.5


@dataclass(frozen=True)
class Driver:
    """A repository: how the phase changed in it, and in the rest of the team."""

    repository_id: str
    own: Change
    rest: Change


def find(evidence: Evidence) -> list[Finding]:
    found = []
    for slowed in find_slowed(evidence):
        driver = _find_driver(slowed)
        if driver is not None:
            found.append(_say(slowed, driver, evidence))
    return found


def _find_driver(slowed: Slowed) -> Driver | None:
    """Return the repository without which least of the rise is left; None if the rise is spread over several."""
    repositories = slowed.recent["repository_id"].unique().sort()
    drivers = [driver for key in repositories if (driver := _measure(slowed, key)) is not None]
    best = min(drivers, key=lambda driver: driver.rest.rise, default=None)
    return best if best and best.rest.rise <= MAX_LEFT_SHARE * slowed.change.rise else None


def _measure(slowed: Slowed, repository_id: str) -> Driver | None:
    is_own = pl.col("repository_id") == repository_id
    own = _measure_where(slowed, is_own)
    rest = _measure_where(slowed, ~is_own)
    return Driver(repository_id, own, rest) if own and rest and own.rise > 0 else None


def _measure_where(slowed: Slowed, which: pl.Expr) -> Change | None:
    before, recent = (side.filter(which)[slowed.phase.column] for side in (slowed.before, slowed.recent))
    return measure_change(before, recent, min_n=MIN_N_OF_REPOSITORY)


def _say(slowed: Slowed, driver: Driver, evidence: Evidence) -> Finding:
    name = evidence.names.get(driver.repository_id, driver.repository_id)
    own, rest, column = driver.own, driver.rest, slowed.phase.column
    there = slowed.recent.filter(pl.col("repository_id") == driver.repository_id).sort(column, descending=True)
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"{name} drives the {slowed.phase.noun}: typically {duration(own.recent)} there, "
        f"up from {duration(own.before)}.",
        detail=f"Median of {plural(own.n_recent, 'pull request')} there, against {own.n_before:,} before. The rest of "
        f"the team went from {duration(rest.before)} (of {rest.n_before:,}) to {duration(rest.recent)} "
        f"(of {rest.n_recent:,}).",
        order=order_of(slowed.change, 1),
        scope="repository",
        scope_id=driver.repository_id,
        metric=slowed.phase.metric.name,
        week_start=evidence.recent[-1].start,
        value=own.recent,
        previous_value=own.before,
        pull_request_ids=there["pull_request_id"].head(MAX_PULL_REQUESTS).to_list(),
    )
