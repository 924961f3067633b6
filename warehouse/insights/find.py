"""Run all detectors and return their findings as rows of `insights`, the most important first."""

from collections.abc import Callable

import polars as pl

from warehouse import schema
from warehouse.insights import (
    driving_repository,
    moved_shares,
    quicker_phase,
    slowed_phase,
    slowed_repository,
    waiting_pull_requests,
)
from warehouse.insights.evidence import Evidence, Finding
from warehouse.insights.shifts import Shift

Detector = Callable[[Evidence], list[Finding]]
DETECTORS: tuple[Detector, ...] = (
    slowed_phase.find,
    driving_repository.find,
    slowed_repository.find,
    moved_shares.find,
    waiting_pull_requests.find,
    quicker_phase.find,
)


def find_insights(evidence: Evidence) -> pl.DataFrame:
    """Return one row per finding, with the columns of `insights`; no row if there is none.

    When it was seen is left to `lives.merge_known`.
    """
    found = [finding for detector in DETECTORS for finding in detector(evidence)]
    ranked = sorted(found, key=lambda finding: (finding.order, finding.detector, finding.scope_id))
    return schema.frame(schema.insights, [_row(rank, one, evidence) for rank, one in enumerate(ranked, start=1)])


def _row(rank: int, finding: Finding, evidence: Evidence) -> dict[str, object]:
    shift = finding.shift
    metric = shift.metric.name if shift else None
    copied = ("detector", "severity", "title", "detail", "scope", "scope_id", "week_start", "pull_request_ids")
    return {
        "id": ":".join([evidence.team_id, finding.detector, metric or "-", finding.scope_id]),
        "team_id": evidence.team_id,
        "rank": rank,
        "as_of": evidence.as_of,
        "metric": metric,
        "value": shift.recent if shift else finding.value,
        **_measured(shift),
        **{name: getattr(finding, name) for name in copied},
    }


def _measured(shift: Shift | None) -> dict[str, float | int | None]:
    if shift is None:
        return {}
    return {
        "previous_value": shift.before,
        "n": shift.n_recent,
        "n_before": shift.n_before,
        "like_for_like": shift.like,
        "like_for_like_low": shift.low,
        "like_for_like_high": shift.high,
    }
