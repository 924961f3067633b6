"""The metrics of delivery: how much is delivered, how long it takes, and where the time goes."""

from datetime import timedelta

import polars as pl

from warehouse.metrics.accounts.lane import count_as_person
from warehouse.metrics.metric import (
    MIN_N_OF_SHARE,
    NO_BOTS,
    Metric,
    Quantile,
    count,
    median,
    p75,
    p90,
    share,
    share_within,
)

STALE_AFTER_HOURS = 14 * 24
LARGE_LINES = 400

IS_MERGED = pl.col("merged_at").is_not_null()
_WORK_BY_PERSON = count_as_person().unique_counts().sort(descending=True)
# People in falling order of their work: all whose work does not reach over half together with those before, and one.
_FEWEST_FOR_HALF = (_WORK_BY_PERSON.cum_sum() * 2 <= _WORK_BY_PERSON.sum()).sum() + 1

OPENED_PRS = Metric(
    name="opened_prs",
    title="Pull requests opened",
    unit="count",
    better="neither",
    question="How much work was started?",
    definition="Pull requests by the time they were opened, drafts included.",
    source_fields=("pull_requests.created_at",),
    placed_by="opened_at",
    has_person_view=True,
    **count(),
)
MERGED_PRS = Metric(
    name="merged_prs",
    title="Pull requests merged",
    short_title="PRs merged",
    unit="count",
    better="higher",
    question="How much was delivered?",
    definition="Merged pull requests by the time they were merged. One that a bot merged and then closed counts as "
    "merged when it was closed.",
    source_fields=("pull_requests.merged_at", "timeline_events.subject", "pull_requests.labels", "team_settings.value"),
    placed_by="merged_at",
    has_person_view=True,
    **count(),
)
AUTOMATION_PRS = Metric(
    name="automation_prs",
    title="Merged by automation",
    unit="count",
    better="neither",
    question="How much was delivered by dependency bots, release bots and CI?",
    definition="Merged pull requests that automation opened, which no other metric counts.",
    exclusions="Pull requests opened by persons and agents, releases and what the team leaves out",
    source_fields=("pull_requests.author_login", "people.is_bot", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=pl.col("is_bot"),
    include_bots=True,
    **count(),
)
RELEASE_PRS = Metric(
    name="release_prs",
    title="Releases and back-merges",
    unit="count",
    better="neither",
    question="How often did work go from branch to branch?",
    definition="Merged pull requests from one long-lived branch to another, which no other metric counts: their "
    "commits are those of other pull requests.",
    exclusions="None",
    source_fields=(
        "pull_requests.base_ref",
        "pull_requests.head_ref",
        "team_settings.value",
        "pull_requests.merged_at",
    ),
    placed_by="merged_at",
    counts=pl.col("is_release").fill_null(value=False),
    include_bots=True,
    include_excluded=True,
    **count(),
)
CLOSED_UNMERGED_PRS = Metric(
    name="closed_unmerged_prs",
    title="Closed without merge",
    unit="count",
    better="lower",
    question="How much work was abandoned?",
    definition="Pull requests closed without a merge, by the time they were closed; reopened ones do not count.",
    source_fields=("pull_requests.closed_at", "pull_requests.merged_at"),
    placed_by="closed_at",
    counts=~IS_MERGED,
    **count(),
)
MERGE_RATE_SHARE = Metric(
    name="merge_rate_share",
    title="Merge rate",
    unit="share",
    better="higher",
    question="How much of the work that ends is delivered?",
    definition="Merged pull requests, of all that were merged or closed in the period.",
    source_fields=("pull_requests.closed_at", "pull_requests.merged_at"),
    placed_by="closed_at",
    **share(IS_MERGED),
)


def _hours_of_merged(
    statistic: Quantile,
    *,
    name: str,
    title: str,
    question: str,
    definition: str,
    source_fields: tuple[str, ...],
    exclusions: str | None = None,
) -> Metric:
    """Define a quantile of a duration of merged pull requests, those that have it."""
    return Metric(
        name=name,
        title=title,
        unit="hours",
        better="lower",
        question=question,
        definition=definition,
        exclusions=f"{NO_BOTS}. {exclusions}" if exclusions else NO_BOTS,
        source_fields=source_fields,
        placed_by="merged_at",
        counts=pl.col(statistic["column"]).is_not_null(),
        **statistic,
    )


_CYCLE = "From the first commit, or from ready for review if that came first, to the merge"
_FIRST_COMMIT = "commits.authored_at"
_READY = "timeline_events.created_at"
_REVIEW = "reviews.submitted_at"
_MERGE = "pull_requests.merged_at"
_ALL_FIELDS = (_FIRST_COMMIT, "pull_requests.created_at", _READY, _REVIEW, _MERGE)

CYCLE_TIME_P50_HOURS = _hours_of_merged(
    median("cycle_time_hours"),
    name="cycle_time_p50_hours",
    title="Cycle time",
    question="How long does a change take from its first commit to the merge?",
    definition=f"{_CYCLE}: the median. For each pull request its phases sum to it.",
    source_fields=_ALL_FIELDS,
)
CYCLE_TIME_P75_HOURS = _hours_of_merged(
    p75("cycle_time_hours"),
    name="cycle_time_p75_hours",
    title="Cycle time, p75",
    question="How long do the slower changes take?",
    definition=f"{_CYCLE}: three out of four took no longer.",
    source_fields=_ALL_FIELDS,
)
CYCLE_TIME_P90_HOURS = _hours_of_merged(
    p90("cycle_time_hours"),
    name="cycle_time_p90_hours",
    title="Cycle time, p90",
    question="How long do the slowest changes take?",
    definition=f"{_CYCLE}: nine out of ten took no longer.",
    source_fields=_ALL_FIELDS,
)
CODING_P50_HOURS = _hours_of_merged(
    median("coding_hours"),
    name="coding_p50_hours",
    title="Coding",
    question="How long is a change worked on before it is ready for review?",
    definition=(
        "From the earliest authored date of the commits to ready for review: the median. A first commit authored "
        "after that gives 0."
    ),
    source_fields=(_FIRST_COMMIT, _READY),
    exclusions="Pull requests whose commits are not known",
)
PICKUP_P50_HOURS = _hours_of_merged(
    median("pickup_hours"),
    name="pickup_p50_hours",
    title="Waiting for review",
    question="How long does a change wait for its first review?",
    definition="From ready for review to the first review by a human other than the author: the median. A review of a "
    "draft ends no wait.",
    source_fields=(_READY, _REVIEW),
    exclusions="Pull requests merged without such a review",
)
REVIEW_P50_HOURS = _hours_of_merged(
    median("review_hours"),
    name="review_p50_hours",
    title="In review",
    question="How long does a review take?",
    definition="From the first review to the first approval, or to the merge if nobody approved: the median. An "
    "approval that was dismissed later was one until then.",
    source_fields=(_REVIEW, "reviews.state", _MERGE),
    exclusions="Pull requests merged without a review",
)
MERGE_P50_HOURS = _hours_of_merged(
    median("merge_hours"),
    name="merge_p50_hours",
    title="Waiting to merge",
    question="How long does an approved change wait to be merged?",
    definition="From the first approval to the merge: the median.",
    source_fields=(_REVIEW, "reviews.state", _MERGE),
    exclusions="Pull requests merged without an approval",
)
UNREVIEWED_P50_HOURS = _hours_of_merged(
    median("unreviewed_hours"),
    name="unreviewed_p50_hours",
    title="Unreviewed",
    question="How long do changes that nobody reviewed take?",
    definition="From ready for review to the merge of pull requests merged without a review in between: the median.",
    source_fields=(_READY, _REVIEW, _MERGE),
    exclusions="Pull requests reviewed by a human other than the author between ready and the merge",
)
TIME_TO_MERGE_P50_HOURS = _hours_of_merged(
    median("time_to_merge_hours"),
    name="time_to_merge_p50_hours",
    title="Time to merge",
    question="How long does a change take once it is ready for review?",
    definition="From ready for review to the merge: the median.",
    source_fields=(_READY, _MERGE),
)

MERGED_WITHIN_7D_SHARE = Metric(
    name="merged_within_7d_share",
    title="Merged within a week",
    unit="share",
    better="higher",
    question="How much is delivered within a week, of all that is ready?",
    definition="Pull requests merged within 7 days of ready for review, of all that became ready in the period, "
    "whatever became of them. An open one that has not had its 7 days counts for as long as it has been ready "
    "(Kaplan-Meier); one that was closed was not merged.",
    source_fields=(_READY, _MERGE, "pull_requests.closed_at"),
    placed_by="ready_at",
    exclusions=f"{NO_BOTS}, drafts",
    **share_within("merged_at", "ready_at", timedelta(days=7)),
)


def _hours_on(turn: str, title: str, question: str, definition: str) -> Metric:
    return _hours_of_merged(
        median(f"waiting_on_{turn}_hours"),
        name=f"waiting_on_{turn}_p50_hours",
        title=title,
        question=question,
        definition=f"{definition}, in sum over its open life, of merged pull requests: the median.",
        source_fields=("turns.turn", "turns.hours"),
        exclusions="Pull requests that never waited for that",
    )


WAITING_ON_AUTHOR_P50_HOURS = _hours_on(
    "author",
    "Author's turn",
    "How long does a change wait for its author?",
    "From a review or comment by another person until the author pushes, comments or asks for a review",
)
WAITING_ON_REVIEW_P50_HOURS = _hours_on(
    "review",
    "Reviewers' turn",
    "How long does a change wait for its reviewers?",
    "From ready, a push, a comment by the author or a request for review until a review or comment by another person",
)
WAITING_ON_MERGE_P50_HOURS = _hours_on(
    "merge",
    "Approved, not merged",
    "How long does an approved change wait?",
    "From an approval until the merge, or until changes are requested or the approval is dismissed",
)
BUS_FACTOR = Metric(
    name="bus_factor",
    title="Bus factor",
    unit="count",
    better="higher",
    question="On how few people does delivery depend?",
    definition="The fewest people who together opened over half of what was merged; what an agent opened counts for "
    "the person who asked for it.",
    source_fields=("pull_requests.author_id", "pull_requests.assignee_ids", _MERGE),
    placed_by="merged_at",
    counts=count_as_person().is_not_null(),
    exclusions=f"{NO_BOTS}, agents' pull requests of which it is not known who asked for them",
    statistic="fewest",
    value=pl.when(pl.len() > 0).then(_FEWEST_FOR_HALF),
    min_n=MIN_N_OF_SHARE,
)
RETOUCHED_SHARE = Metric(
    name="retouched_share",
    title="Changed again soon",
    unit="share",
    better="lower",
    question="How often is what was delivered changed again within three weeks?",
    definition="Merged pull requests of which another one changed a file within 21 days after the merge, of all "
    "merged that long ago. Files that everybody changes make it high without any fault: compare it with itself.",
    source_fields=("files.path", _MERGE),
    placed_by="merged_at",
    counts=pl.col("is_retouched").is_not_null(),
    exclusions=f"{NO_BOTS}. Generated files and lock files; those of the last 21 days; what releases change",
    **share("is_retouched"),
)
COMPLETE_SHARE = Metric(
    name="complete_share",
    title="Completely fetched",
    unit="share",
    better="higher",
    question="How complete are the data behind these numbers?",
    definition="Pull requests whose stored reviews, threads, comments and commits equal GitHub's own totals, of all "
    "opened.",
    source_fields=("pull_requests.is_complete", "pull_requests.created_at"),
    placed_by="opened_at",
    exclusions="None",
    include_bots=True,
    include_excluded=True,
    is_about_data=True,
    **share("is_complete"),
)

_KNOWN_OPEN = (
    f"{NO_BOTS}, and, until the second phase of an onboarding is done, pull requests not updated since before the "
    "first fetched day. A reopened pull request counts as open in between"
)
_OPEN_FIELDS = ("pull_requests.created_at", "pull_requests.closed_at")
OPEN_PRS = Metric(
    name="open_prs",
    title="Open pull requests",
    unit="count",
    better="lower",
    question="How much work is in progress?",
    definition="Pull requests open at the end of the period, drafts included.",
    source_fields=_OPEN_FIELDS,
    placed_by="week_end",
    source="open_pull_requests",
    exclusions=_KNOWN_OPEN,
    **count(),
)
STALE_PRS = Metric(
    name="stale_prs",
    title="Stale pull requests",
    unit="count",
    better="lower",
    question="How much work has stalled?",
    definition=f"Pull requests open at the end of the period without activity, as defined above, in the "
    f"{STALE_AFTER_HOURS // 24} days before it.",
    source_fields=(*_OPEN_FIELDS, "comments.created_at", _REVIEW, "commits.committed_at", _READY),
    placed_by="week_end",
    source="open_pull_requests",
    counts=pl.col("idle_hours") >= STALE_AFTER_HOURS,
    exclusions=_KNOWN_OPEN,
    **count(),
)
OPEN_AGE_P50_HOURS = Metric(
    name="open_age_p50_hours",
    title="Age of open pull requests",
    unit="hours",
    better="lower",
    question="How old is the work in progress?",
    definition="From the opening to the end of the period, of pull requests open then: the median.",
    source_fields=_OPEN_FIELDS,
    placed_by="week_end",
    source="open_pull_requests",
    exclusions=_KNOWN_OPEN,
    **median("open_hours"),
)

_GENERATED = f"{NO_BOTS}. Lines of lock files, vendored, generated and minified files and snapshots"
_SIZE_FIELDS = ("pull_requests.additions", "pull_requests.deletions", "files.path", _MERGE)
PR_SIZE_P50_LINES = Metric(
    name="pr_size_p50_lines",
    title="Pull request size",
    short_title="PR size",
    unit="lines",
    better="lower",
    question="How big is a change?",
    definition="Lines added and deleted of merged pull requests: the median.",
    source_fields=_SIZE_FIELDS,
    placed_by="merged_at",
    counts=pl.col("size_lines").is_not_null(),
    exclusions=_GENERATED,
    **median("size_lines"),
)
LARGE_PR_SHARE = Metric(
    name="large_pr_share",
    title="Large pull requests",
    unit="share",
    better="lower",
    question="How often is a change too big to review well?",
    definition=f"Merged pull requests of over {LARGE_LINES} lines added and deleted, of all merged.",
    source_fields=_SIZE_FIELDS,
    placed_by="merged_at",
    counts=pl.col("size_lines").is_not_null(),
    exclusions=_GENERATED,
    **share(pl.col("size_lines") > LARGE_LINES),
)
REVERTED_SHARE = Metric(
    name="reverted_share",
    title="Reverted",
    unit="share",
    better="lower",
    question="How often did a change have to be reverted?",
    definition="Merged pull requests that a later merged one of the same repository reverts, of all merged: by "
    "number or by the hash of a commit in its body, by number in its branch or title, or by a title that quotes "
    "theirs. A revert that was reverted itself does not count. It grows as reverts come.",
    source_fields=(
        "pull_requests.title",
        "pull_requests.body",
        "pull_requests.head_ref",
        "pull_requests.merge_commit_oid",
        "commits.oid",
        _MERGE,
    ),
    placed_by="merged_at",
    exclusions=f"{NO_BOTS}. Reverts pushed without a pull request",
    **share("is_reverted"),
)
HOTFIX_SHARE = Metric(
    name="hotfix_share",
    title="Hotfixes",
    unit="share",
    better="lower",
    question="How much of what is delivered is an urgent fix?",
    definition="Merged pull requests that are hotfixes by title, label or branch, of all merged.",
    source_fields=("pr_analysis.is_hotfix", _MERGE),
    placed_by="merged_at",
    counts=pl.col("is_hotfix").is_not_null(),
    exclusions=f"{NO_BOTS}. Pull requests not yet analysed",
    **share("is_hotfix"),
)

DELIVERY = (
    OPENED_PRS,
    MERGED_PRS,
    AUTOMATION_PRS,
    RELEASE_PRS,
    CLOSED_UNMERGED_PRS,
    MERGE_RATE_SHARE,
    CYCLE_TIME_P50_HOURS,
    CYCLE_TIME_P75_HOURS,
    CYCLE_TIME_P90_HOURS,
    CODING_P50_HOURS,
    PICKUP_P50_HOURS,
    REVIEW_P50_HOURS,
    MERGE_P50_HOURS,
    UNREVIEWED_P50_HOURS,
    TIME_TO_MERGE_P50_HOURS,
    MERGED_WITHIN_7D_SHARE,
    WAITING_ON_AUTHOR_P50_HOURS,
    WAITING_ON_REVIEW_P50_HOURS,
    WAITING_ON_MERGE_P50_HOURS,
    OPEN_PRS,
    STALE_PRS,
    OPEN_AGE_P50_HOURS,
    PR_SIZE_P50_LINES,
    LARGE_PR_SHARE,
    REVERTED_SHARE,
    HOTFIX_SHARE,
    RETOUCHED_SHARE,
    BUS_FACTOR,
    COMPLETE_SHARE,
)
