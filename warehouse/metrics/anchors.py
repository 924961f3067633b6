"""The anchors of each pull request, and the frame `pull_request_metrics` made from them.

All times are GitHub's own, in UTC, never the order of rows. A review, approval or response
after the merge did not lead to it and does not count as an anchor.
"""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.metrics.accounts.lanes import find_lanes
from warehouse.metrics.durations import hours
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.life.activity import compute_activity
from warehouse.metrics.life.prepared import Shares
from warehouse.metrics.life.ready import add_ready
from warehouse.metrics.life.responses import (
    compute_ai_responses,
    compute_human_responses,
    compute_human_review_comments,
    compute_human_reviews,
)
from warehouse.metrics.life.rounds import compute_rounds
from warehouse.metrics.life.turns import compute_turns, sum_turns
from warehouse.metrics.life.working_hours import WorkingHours
from warehouse.metrics.outcomes.investment import find_investment
from warehouse.metrics.outcomes.issues import find_issues
from warehouse.metrics.outcomes.mergers import find_mergers
from warehouse.metrics.outcomes.production import find_production
from warehouse.metrics.outcomes.releases import find_excluded
from warehouse.metrics.outcomes.retouched import find_retouched
from warehouse.metrics.outcomes.reverts import find_reverted
from warehouse.metrics.phases import PHASES, add_phases, compute_working_phases
from warehouse.metrics.plausible import judge_commits
from warehouse.metrics.size import generated

# Raise it if an anchor, a phase, a lane or what counts is computed differently: what moves for that is told apart from
# what new data move.
ANCHORS_VERSION = 2


def compute_pull_request_metrics(facts: Facts, as_of: datetime) -> pl.DataFrame:
    """Return one row per pull request, with the columns of `pull_request_metrics`."""
    return measure_pull_requests(facts, as_of)[0]


def measure_pull_requests(facts: Facts, as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of `pull_request_metrics` and those of `turns`."""
    made = [as_stored(*measure_share(share, as_of)) for share in Shares.of(facts).prepare()]
    return pl.concat(rows for rows, _ in made), pl.concat(turns for _, turns in made)


def as_stored(rows: pl.DataFrame, turns: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of both tables with the ids of pull requests as text."""
    return rows.with_columns(pl.col(KEY).cast(pl.String)), turns.with_columns(pl.col(KEY).cast(pl.String))


def measure_share(facts: Facts, as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of both tables; the ids of pull requests are those of the facts."""
    turns = compute_turns(facts, as_of)
    anchors, working = compute_anchors(facts), WorkingHours.of(facts)
    rows = add_phases(anchors).with_columns(
        *(hours(phase).alias(f"{phase}_hours") for phase in (*PHASES, "cycle_time", "time_to_merge")),
        first_response_hours=hours(pl.col("first_response_at") - pl.col("ready_at")),
        first_review_hours=hours(pl.col("first_review_at") - pl.col("ready_at")),
        is_reviewed=pl.coalesce("first_review_at", "draft_review_at").is_not_null(),
        is_ai_reviewed=pl.col("_ai_responded_at").is_not_null(),
        team_id=pl.lit(facts.team_id),
        as_of=pl.lit(as_of),
    )
    in_working_hours = [compute_working_phases(anchors, working)] if working else []
    for part in (*_parts(facts, as_of), sum_turns(turns), *in_working_hours):
        rows = rows.join(part, on=KEY, how="left")
    rows = rows.with_columns(
        pl.col("review_comments_count").fill_null(0),
        pl.col("implausible_commits_count").fill_null(0),
        pl.col("reviews_count", "approvals_count").fill_null(0),
        pl.col("is_reverted").fill_null(value=False),
        review_rounds=pl.when("is_reviewed").then("review_rounds"),
        **_production(),
        size_lines=pl.when(_has_all_files()).then(pl.col("_lines") - pl.col("_generated_lines").fill_null(0)),
    )
    return (
        _select_columns(schema.polars_schema(schema.pull_request_metrics), rows),
        _select_columns(schema.polars_schema(schema.turns), turns.with_columns(team_id=pl.lit(facts.team_id))),
    )


def _select_columns(stored: Mapping[str, pl.DataType], rows: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of a table in their types, but the ids of pull requests as they are; NULL if missing."""
    types = {**stored, KEY: rows.schema[KEY]}
    return rows.select(
        pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind).alias(name)
        for name, kind in types.items()
    )


def _production() -> dict[str, pl.Expr]:
    """Return how long a change took to production, and whether it failed there or was taken back."""
    is_failure = pl.col("_is_deployment_failed") | pl.col("is_reverted").fill_null(value=False)
    return {
        "merge_to_production_hours": hours(pl.col("in_production_at") - pl.col("merged_at")),
        "first_commit_to_production_hours": hours(pl.col("in_production_at") - pl.col("first_commit_at")),
        "is_change_failure": pl.when(pl.col("_is_deployment_failed").is_not_null()).then(is_failure),
    }


def _cost() -> pl.Expr:
    """Return what reading it cost; nothing by rules, NULL if no price is known."""
    return pl.when(pl.col("source") == "rule").then(pl.lit(0.0)).otherwise("cost_usd")


def _has_all_files() -> pl.Expr:
    """Return whether GitHub listed all changed files, or none at all. Lines of those it did not may be generated."""
    return (pl.col("_listed_files") >= pl.col("changed_files")).fill_null(value=True)


def compute_anchors(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request: its columns and its anchors, each NULL if it did not happen."""
    anchors = add_ready(_pull_requests(facts), facts.timeline_events, compute_human_reviews(facts))
    approvals = compute_human_reviews(facts).filter(pl.col("state") == "APPROVED")
    anchors = _add_earliest(anchors, approvals, "approved_at", since="first_review_at")
    anchors = _add_earliest(anchors, compute_human_responses(facts), "first_response_at", since="ready_at")
    anchors = _add_earliest(anchors, compute_ai_responses(facts), "first_ai_response_at", since="ready_at")
    anchors = _add_earliest(anchors, compute_ai_responses(facts), "_ai_responded_at")
    return anchors.join(_first_commits(judge_commits(facts)), on=KEY, how="left")


def _first_commits(commits: pl.DataFrame) -> pl.DataFrame:
    """Return the date of the first commit of each pull request, when that was committed, and how many cannot be."""
    found = commits.group_by(KEY).agg(
        first_commit_at=pl.col("authored_at").min(), implausible_commits_count=pl.col("is_implausible").sum()
    )
    # Of several at that time the one that was committed first.
    key = [KEY, "first_commit_at"]
    first = commits.select(KEY, "committed_at", first_commit_at="authored_at").join(
        found, on=key, how="semi", nulls_equal=True
    )
    committed = first.group_by(KEY).agg(first_commit_committed_at=pl.col("committed_at").min())
    return found.join(committed, on=KEY, how="left")


def _pull_requests(facts: Facts) -> pl.DataFrame:
    return (
        facts.pull_requests.drop("merged_by_login")
        .rename({"id": KEY, "created_at": "opened_at"})
        .with_columns(_lines=pl.col("additions") + pl.col("deletions"))
    )


def _add_earliest(anchors: pl.DataFrame, events: pl.DataFrame, name: str, since: str = "opened_at") -> pl.DataFrame:
    """Add the column `name`: the earliest of `events` from the anchor `since` on and not after the merge."""
    bounds = anchors.select(KEY, "merged_at", _since=since)
    is_before_merge = pl.col("merged_at").is_null() | (pl.col("at") <= pl.col("merged_at"))
    is_within = (pl.col("at") >= pl.col("_since")) & is_before_merge
    found = events.join(bounds, on=KEY).filter(is_within).group_by(KEY).agg(pl.col("at").min().alias(name))
    return anchors.join(found, on=KEY, how="left")


def _parts(facts: Facts, as_of: datetime) -> list[pl.DataFrame]:
    """Return the other facts about pull requests, as frames with at most one row for each."""
    excluded = find_excluded(facts)
    generated_lines = (pl.col("additions") + pl.col("deletions")).sum()
    return [
        compute_activity(facts).filter(pl.col("at") <= as_of).group_by(KEY).agg(last_activity_at=pl.col("at").max()),
        facts.files.group_by(KEY).agg(_listed_files=pl.len()),
        facts.files.filter(generated()).group_by(KEY).agg(_generated_lines=generated_lines),
        _count_review_comments(facts),
        _count_reviews(facts),
        compute_rounds(facts),
        find_reverted(facts),
        find_mergers(facts),
        excluded,
        find_investment(facts),
        find_lanes(facts),
        find_retouched(facts, excluded, as_of),
        find_issues(facts),
        find_production(facts),
        facts.pr_analysis.select(KEY, "work_type", "ai_level", "is_hotfix", model_cost_usd=_cost()).unique(KEY),
    ]


def _count_review_comments(facts: Facts) -> pl.DataFrame:
    """Count the comments on lines by humans other than the author up to the merge."""
    merged = facts.pull_requests.select(pl.col("id").alias(KEY), "merged_at")
    comments = compute_human_review_comments(facts).join(merged, on=KEY)
    until_merge = comments.filter(pl.col("merged_at").is_null() | (pl.col("at") <= pl.col("merged_at")))
    return until_merge.group_by(KEY).agg(review_comments_count=pl.len())


def _count_reviews(facts: Facts) -> pl.DataFrame:
    """Count the reviews that metrics of reviews count, and the approvals among them."""
    is_approval = pl.col("state") == "APPROVED"
    return compute_human_reviews(facts).group_by(KEY).agg(reviews_count=pl.len(), approvals_count=is_approval.sum())
