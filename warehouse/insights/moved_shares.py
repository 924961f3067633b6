"""Find shares that moved: merges without review, large pull requests, reverts, and the part that AI has."""

from dataclasses import dataclass

import polars as pl

from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding, Severity, select_weeks
from warehouse.insights.sentences import explain_like
from warehouse.insights.shifts import Shift
from warehouse.insights.words import weeks
from warehouse.metrics.definitions.ai import AI_ASSISTED_SHARE
from warehouse.metrics.definitions.flow import LARGE_PR_SHARE, REVERTED_SHARE
from warehouse.metrics.definitions.review import REVIEWED_SHARE
from warehouse.metrics.metric import Metric

DETECTOR = "moved_shares"


@dataclass(frozen=True)
class Share:
    """The words for a share that rose or fell, each with its severity; `is_of_rest` if they are about the others."""

    metric: Metric
    rose: tuple[str, Severity] | None
    fell: tuple[str, Severity] | None
    is_of_rest: bool = False


SHARES = (
    Share(
        REVIEWED_SHARE,
        rose=("Fewer pull requests are merged without review", "good"),
        fell=("More pull requests are merged without review", "warning"),
        is_of_rest=True,
    ),
    Share(
        LARGE_PR_SHARE,
        rose=("More of the merged pull requests are large", "warning"),
        fell=("Fewer of the merged pull requests are large", "good"),
    ),
    Share(
        REVERTED_SHARE,
        rose=("More of the merged pull requests are reverted", "warning"),
        fell=None,  # a recent pull request has had less time to be reverted
    ),
    Share(
        AI_ASSISTED_SHARE,
        rose=("More of the merged pull requests show signs of AI", "info"),
        fell=("Fewer of the merged pull requests show signs of AI", "info"),
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    of_metric = {share.metric.name: share for share in SHARES}
    return [
        _say(of_metric[shift.metric.name], words, shift, evidence)
        for shift in evidence.moved
        if (words := _words(of_metric[shift.metric.name], shift)) is not None
    ]


def _words(share: Share, shift: Shift) -> tuple[str, Severity] | None:
    return share.rose if shift.rise > 0 else share.fell


def _say(share: Share, words: tuple[str, Severity], shift: Shift, evidence: Evidence) -> Finding:
    sentence, severity = words
    recent, before = (_percent(1 - side if share.is_of_rest else side) for side in (shift.recent, shift.before))
    direction = "down" if (shift.rise > 0) == share.is_of_rest else "up"
    return Finding(
        detector=DETECTOR,
        severity=severity,
        title=f"{sentence}: {recent}, {direction} from {before}.",
        detail=f"Of {shift.n_recent:,} merged in {weeks(evidence.recent)}, against {shift.n_before:,} merged in "
        f"{weeks(evidence.before)}. {_explain(share, shift)}",
        order=(0.7 if severity == "warning" else 2.5, -abs(shift.rise)),
        scope="team",
        scope_id=evidence.team_id,
        week_start=evidence.recent[-1].start,
        shift=shift,
        pull_request_ids=_select(share, evidence),
    )


def _explain(share: Share, shift: Shift) -> str:
    return explain_like(shift.reverse() if share.is_of_rest else shift)


def _select(share: Share, evidence: Evidence) -> list[str]:
    """Return the ids of the recent pull requests that the sentence is about, the newest first."""
    flag = pl.lit(value=True) if share.metric.flag is None else share.metric.flag
    rows = select_weeks(share.metric, evidence.compared, evidence.recent).filter(~flag if share.is_of_rest else flag)
    ids: list[str] = rows.sort("merged_at", "pull_request_id", descending=[True, False])["pull_request_id"].to_list()
    return ids[:MAX_PULL_REQUESTS]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
