"""The metrics of review: how soon and how well changes are reviewed, and by how many people.

The review of a pull request is by a human other than its author; AI review bots count in `ai.py`.
"""

from datetime import timedelta

import polars as pl

from warehouse.metrics.metric import MIN_N_OF_SHARE, NO_BOTS, Metric, count, median, ratio, share, share_within

_READY = "timeline_events.created_at"
_REVIEW = "reviews.submitted_at"
_MERGE = "pull_requests.merged_at"

FIRST_RESPONSE_P50_HOURS = Metric(
    name="first_response_p50_hours",
    title="Time to first response",
    unit="hours",
    better="lower",
    question="How long until a person responds at all?",
    definition="From ready for review to the first comment or review by a human other than the author: the median, "
    "in the week of the response.",
    source_fields=(_READY, "comments.created_at", _REVIEW),
    placed_by="first_response_at",
    exclusions=f"{NO_BOTS}, responses by bots, responses after the merge, pull requests without a response",
    **median("first_response_hours"),
)
FIRST_REVIEW_P50_HOURS = Metric(
    name="first_review_p50_hours",
    title="Time to first review",
    unit="hours",
    better="lower",
    question="How long until a person reviews?",
    definition="From ready for review to the first submitted review by a human other than the author: the median, in "
    "the week of the review, whether or not the pull request was merged since.",
    source_fields=(_READY, _REVIEW),
    placed_by="first_review_at",
    exclusions=f"{NO_BOTS}, reviews by bots, reviews of drafts, reviews after the merge, pull requests without a "
    "review",
    **median("first_review_hours"),
)
REVIEWED_WITHIN_24H_SHARE = Metric(
    name="reviewed_within_24h_share",
    title="Reviewed within a day",
    unit="share",
    better="higher",
    question="How much gets a first review within a day, of all that needs one?",
    definition="Pull requests with a first review by a human other than the author within 24 hours of ready for "
    "review, of all that became ready in the period, whatever became of them. An open one that has not had its 24 "
    "hours counts for as long as it has waited (Kaplan-Meier); one that ended without a review did not get one.",
    source_fields=(_READY, _REVIEW, "pull_requests.closed_at"),
    placed_by="ready_at",
    exclusions=f"{NO_BOTS}, drafts, reviews by bots, reviews of drafts",
    **share_within("first_review_at", "ready_at", timedelta(hours=24)),
)
REVIEWED_SHARE = Metric(
    name="reviewed_share",
    title="Reviewed before merge",
    unit="share",
    better="higher",
    question="How much of what is delivered was seen by a second person?",
    definition="Merged pull requests with at least one review by a human other than the author up to the merge, "
    "drafts included, of all merged.",
    source_fields=(_REVIEW, _MERGE),
    placed_by="merged_at",
    **share("is_reviewed"),
)
REVIEW_COMMENTS_PER_PR = Metric(
    name="review_comments_per_pr",
    title="Review comments per pull request",
    short_title="Comments per PR",
    unit="count",
    better="neither",
    question="How much is discussed in reviews?",
    definition="Comments on lines of the diff by humans other than the author up to the merge, per merged pull "
    "request.",
    source_fields=("review_comments.created_at", _MERGE),
    placed_by="merged_at",
    exclusions=f"{NO_BOTS}, comments by bots and by the author, comments after the merge",
    **ratio(pl.col("review_comments_count").sum(), pl.len(), "mean"),
)
REVIEW_ROUNDS_P50 = Metric(
    name="review_rounds_p50",
    title="Review rounds",
    unit="count",
    better="lower",
    question="How often does a change go back and forth?",
    definition="Rounds until the merge: the first review is the first; a later review opens another if something "
    "was pushed since the review before it, by whomever, or if its reviewer had requested changes in the own review "
    "before: the median. Two reviewers with a push in between are two rounds.",
    source_fields=(_REVIEW, "reviews.state", "commits.committed_at", _READY),
    placed_by="merged_at",
    counts=pl.col("review_rounds").is_not_null(),
    exclusions=f"{NO_BOTS}, pull requests merged without a review. GitHub does not store when a push was made: the "
    "date of the commit stands for it",
    **median("review_rounds"),
)

_NO_OWN = f"{NO_BOTS}, reviews by bots and by the author"
_REVIEWER = ("reviews.author_id", _REVIEW)
SUBMITTED_REVIEWS = Metric(
    name="submitted_reviews",
    title="Reviews given",
    unit="count",
    better="neither",
    question="How much reviewing was done?",
    definition="Submitted reviews by humans other than the author, by the time of submission. GitHub counts a reply "
    "in a review thread as a review.",
    source_fields=_REVIEWER,
    placed_by="submitted_at",
    source="reviews",
    exclusions=_NO_OWN,
    has_person_view=True,
    **count(),
)
REVIEWERS = Metric(
    name="reviewers",
    title="Reviewers",
    unit="count",
    better="higher",
    question="How many people review?",
    definition="People who submitted at least one review of somebody else's pull request. n counts the reviews.",
    source_fields=_REVIEWER,
    placed_by="submitted_at",
    source="reviews",
    exclusions=_NO_OWN,
    **count(pl.col("reviewer_id").n_unique()),
)

_COUNTS = pl.col("reviewer_id").unique_counts()
_BY_TOP_3 = _COUNTS.top_k(3).sum()
REVIEW_LOAD_TOP3_SHARE = Metric(
    name="review_load_top3_share",
    title="Reviews by the busiest three",
    unit="share",
    better="lower",
    question="Does reviewing depend on a few people?",
    definition="Reviews submitted by the three people who reviewed most, of all reviews.",
    source_fields=_REVIEWER,
    placed_by="submitted_at",
    source="reviews",
    exclusions=_NO_OWN,
    **ratio(_BY_TOP_3, pl.len(), "share"),
)
# For counts in rising order, the sum of their running sums gives the area under the Lorenz curve.
_AREA = _COUNTS.sort().cum_sum().sum() / _COUNTS.sum()
REVIEW_LOAD_GINI = Metric(
    name="review_load_gini",
    title="Inequality of review load",
    unit="share",
    better="lower",
    question="How evenly is reviewing spread among the reviewers?",
    definition="Gini coefficient of the reviews per reviewer: 0 if all review alike, near 1 if one does it all.",
    source_fields=_REVIEWER,
    placed_by="submitted_at",
    statistic="gini",
    min_n=MIN_N_OF_SHARE,
    source="reviews",
    value=pl.when(pl.len() > 0).then((_COUNTS.len() + 1 - 2 * _AREA) / _COUNTS.len()),
    exclusions=f"{_NO_OWN}. People who reviewed nothing in the period",
)
_IS_SILENT = ~pl.col("has_words")
APPROVAL_WITHOUT_COMMENT_SHARE = Metric(
    name="approval_without_comment_share",
    title="Approved without a comment",
    unit="share",
    better="lower",
    question="How often does a reviewer approve and say nothing else?",
    definition="Approvals without a body by reviewers who had left no comment on a line by then, of all approvals.",
    source_fields=("reviews.state", "reviews.body", "review_comments.created_at"),
    placed_by="submitted_at",
    source="reviews",
    counts=pl.col("state") == "APPROVED",
    exclusions=_NO_OWN,
    **share(_IS_SILENT),
)

REVIEW = (
    FIRST_RESPONSE_P50_HOURS,
    FIRST_REVIEW_P50_HOURS,
    REVIEWED_WITHIN_24H_SHARE,
    REVIEWED_SHARE,
    REVIEW_COMMENTS_PER_PR,
    REVIEW_ROUNDS_P50,
    SUBMITTED_REVIEWS,
    REVIEWERS,
    REVIEW_LOAD_TOP3_SHARE,
    REVIEW_LOAD_GINI,
    APPROVAL_WITHOUT_COMMENT_SHARE,
)
