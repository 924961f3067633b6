"""Find shares that moved: merges without review, large pull requests, reverts, and the part that AI has."""

import polars as pl

from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding, select_weeks
from warehouse.insights.sentences import explain_like
from warehouse.insights.shares import SHARES, Severity, Share
from warehouse.insights.shifts import Shift
from warehouse.insights.words import weeks
from warehouse.words import percent

DETECTOR = "moved_shares"


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
    recent, before = (percent(1 - side if share.is_of_rest else side) for side in (shift.recent, shift.before))
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
