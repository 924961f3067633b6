"""Find open pull requests that have waited long for their first review."""

import polars as pl

from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding
from warehouse.insights.words import duration
from warehouse.metrics.durations import hours
from warehouse.metrics.life.waiting import FORGOTTEN_AFTER, add_waiting

DETECTOR = "waiting_pull_requests"
# Two days: a weekend may pass without anyone being late.
WAITS_AFTER_HOURS = 48.0


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding if any pull request has waited for over two days."""
    unreviewed = select_unreviewed(evidence).filter(pl.col("waiting_hours") >= WAITS_AFTER_HOURS)
    waiting = unreviewed.filter(~pl.col("is_forgotten"))
    return [_say(waiting, unreviewed.height - waiting.height, evidence)] if waiting.height else []


def select_unreviewed(evidence: Evidence) -> pl.DataFrame:
    """Select the unreviewed pull requests with `waiting_hours` as of now and `is_forgotten`, longest wait first.

    Those of repositories of which something that is open is not known are left out: the longest wait may be there.
    """
    known = evidence.pull_requests.filter(~pl.col("repository_id").is_in(evidence.without_old))
    rows = add_waiting(known).filter("is_unreviewed")
    waiting_hours = hours(pl.lit(evidence.as_of) - pl.col("ready_at"))
    return rows.with_columns(waiting_hours=waiting_hours).sort(
        "waiting_hours", "pull_request_id", descending=[True, False]
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
        f"Drafts and pull requests by automation are left out{_forgotten(forgotten_count)}.",
        order=(1.0, -longest["waiting_hours"]),
        scope="team",
        scope_id=evidence.team_id,
        value=longest["waiting_hours"],
        pull_request_ids=waiting["pull_request_id"].head(MAX_PULL_REQUESTS).to_list(),
    )


def _forgotten(count: int) -> str:
    if count == 0:
        return ""
    return (
        f", and so {'is 1' if count == 1 else f'are {count:,}'} that nobody has touched for {FORGOTTEN_AFTER.days} days"
    )


def _title(count: int, which: str, waited: str, days: str) -> str:
    if count == 1:
        return f"{which} has waited {waited} for its first review."
    return f"{count:,} pull requests have waited over {days} for a first review; the longest, {which}, for {waited}."
