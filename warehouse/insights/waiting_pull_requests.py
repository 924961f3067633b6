"""Open pull requests that have waited longest for their first review."""

import polars as pl

from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding
from warehouse.insights.words import duration
from warehouse.metrics.phases import hours

DETECTOR = "waiting_pull_requests"
# Two days: a weekend may pass without anyone being late.
WAITS_AFTER_HOURS = 48.0
# Who has heard nothing for so long does not wait any more: such a pull request is to be closed, not reviewed.
FORGOTTEN_AFTER_HOURS = 90 * 24.0


def find(evidence: Evidence) -> list[Finding]:
    unreviewed = select_waiting(evidence).filter(pl.col("waiting_hours") >= WAITS_AFTER_HOURS)
    waiting = unreviewed.filter(pl.col("idle_hours") < FORGOTTEN_AFTER_HOURS)
    return [_say(waiting, unreviewed.height - waiting.height, evidence)] if waiting.height else []


def select_waiting(evidence: Evidence) -> pl.DataFrame:
    """Open pull requests, ready and without a review, with `waiting_hours` and `idle_hours` as of now, longest first.

    Drafts and pull requests opened by bots wait for nobody.
    """
    return (
        evidence.pull_requests.filter(
            pl.col("state") == "OPEN",
            ~pl.col("is_draft"),
            ~pl.col("is_bot"),
            pl.col("first_review_at").is_null(),
            pl.col("ready_at").is_not_null(),
        )
        .with_columns(
            waiting_hours=hours(pl.lit(evidence.as_of) - pl.col("ready_at")),
            idle_hours=hours(pl.lit(evidence.as_of) - pl.coalesce("last_activity_at", "ready_at")),
        )
        .sort("waiting_hours", descending=True)
    )


def _say(waiting: pl.DataFrame, forgotten_count: int, evidence: Evidence) -> Finding:
    longest = waiting.row(0, named=True)
    which = f"{evidence.names.get(longest['repository_id'], longest['repository_id'])}#{longest['number']}"
    days = duration(WAITS_AFTER_HOURS)
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=_title(waiting.height, which, duration(longest["waiting_hours"]), days),
        detail=f"Open, ready for review for over {days}, and not yet reviewed by a person other than the author. "
        f"Drafts and pull requests by bots are left out{_forgotten(forgotten_count)}.",
        order=(1.0, -longest["waiting_hours"]),
        scope="team",
        scope_id=evidence.team_id,
        value=longest["waiting_hours"],
        pull_request_ids=waiting["pull_request_id"].head(MAX_PULL_REQUESTS).to_list(),
    )


def _forgotten(count: int) -> str:
    if count == 0:
        return ""
    return f", and so {'is 1' if count == 1 else f'are {count:,}'} that nobody has touched for 90 days"


def _title(count: int, which: str, waited: str, days: str) -> str:
    if count == 1:
        return f"{which} has waited {waited} for its first review."
    return f"{count:,} pull requests have waited over {days} for a first review; the longest, {which}, for {waited}."
