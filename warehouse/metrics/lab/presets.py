"""The rules of other tools, as their code or pages say, read in November 2026, for the metrics that they have, too.

What their pages do not say is taken as it is least surprising, and said: pull requests by bots count unless a rule says
otherwise, and drafts count as soon as they were ready.
"""

from dataclasses import replace

from warehouse.metrics.lab.rules import REVIEWS, Answers, Rule, Span

_DEVLAKE_CODE = (
    "https://github.com/apache/incubator-devlake/blob/main/backend/plugins/dora/tasks/change_lead_time_calculator.go"
)
_MIDDLEWARE_CODE = (
    "https://github.com/middlewarehq/middleware/blob/main/backend/analytics_server/mhq/service/code/sync/"
    "etl_code_analytics.py"
)
_MIDDLEWARE_MEANS = (
    "https://github.com/middlewarehq/middleware/blob/main/backend/analytics_server/mhq/service/code/lead_time.py"
)
_LINEARB_PAGE = "https://linearb.helpdocs.io/article/0vif1ihmgc-how-is-cycle-time-calculated"
_GRAPHITE_PAGE = "https://graphite.dev/docs/insights-stats-definitions"
_ISSUE_METRICS_CODE = "https://github.com/github/issue-metrics/blob/main/time_to_first_response.py"
_ISSUE_METRICS_MERGE = "https://github.com/github/issue-metrics/blob/main/time_to_merge.py"

# getFirstReview: the oldest row of pull_request_comments by another account. Those are comments, reviews and comments
# on lines, by whomever. computeTimeSpan: a negative one is none. The dashboards divide the sum by all pull requests.
_ANY_COMMENT = Answers()
# get_pr_performance: the oldest review event that is not by a bot (is_bot_name), the author's own included, also one
# from before it left draft; what is negative is added as it is.
_ANY_REVIEW = Answers(kinds=REVIEWS, bots="by type and name", by_another=False)
# "the first comment made by someone other than the author; if approved or merged without comments, ... to the approval
# or merge timestamp". Time in draft is coding time.
_COMMENT_OR_MERGE = Answers(since="first_ready_at", or_merge=True)
# "time of a PR being marked as ready for review for the first time, and someone reviewing it".
_REVIEW_WHEN_READY = Answers(kinds=REVIEWS, since="first_ready_at")
# ignore_comment: not of type Bot, not the author, not before ready_for_review; number=20 comments, number=50 reviews.
_FIRST_OF_20_AND_50 = Answers(
    kinds=frozenset({"comment", "review"}),
    bots="by type",
    since="left_draft_at",
    first=(("comment", 20), ("review", 50)),
)

DEVLAKE_PICKUP = Rule(
    tool="DevLake",
    name="PR pickup time",
    sentence="From the opening to the first comment or review by another account, bots included, of merged pull "
    "requests by the date of their opening; one without any adds 0 to the mean.",
    source=_DEVLAKE_CODE,
    answers=_ANY_COMMENT,
    spans=(Span("opened_at", "answered_at", or_zero=True),),
    placed_by="opened_at",
    average="mean",
)
MIDDLEWARE_RESPONSE = Rule(
    tool="Middleware",
    name="First response time",
    sentence="From leaving draft for the first time, or from the opening, to the first review, the author's own "
    "included and those of bots not, of merged pull requests by the date of their merge; one without any adds 0 to the "
    "mean, and a review of a draft a negative time.",
    source=_MIDDLEWARE_CODE,
    answers=_ANY_REVIEW,
    spans=(Span("left_draft_at", "answered_at", or_zero=True, may_be_negative=True),),
    placed_by="merged_at",
    average="mean",
)
LINEARB_PICKUP = Rule(
    tool="LinearB",
    name="Pickup time",
    sentence="From the opening or from leaving draft to the first comment or review by another account, or to the "
    "merge if there was none, of merged pull requests by the date of their merge: the mean.",
    source=_LINEARB_PAGE,
    answers=_COMMENT_OR_MERGE,
    spans=(Span("first_ready_at", "answered_at"),),
    placed_by="merged_at",
    average="mean",
)
GRAPHITE_WAIT = Rule(
    tool="Graphite",
    name="Wait time to first review",
    sentence="From the first time it was ready to the first review by another account, of merged pull requests that "
    "had one, by the date of their merge: the median of the authors' medians.",
    source=_GRAPHITE_PAGE,
    answers=_REVIEW_WHEN_READY,
    spans=(Span("first_ready_at", "answered_at"),),
    placed_by="merged_at",
    average="median of people's medians",
)
ISSUE_METRICS_RESPONSE = Rule(
    tool="issue-metrics",
    name="Time to first response",
    sentence="From ready for review, or from the opening if it was never a draft, to the first comment or review by "
    "another account that is not of type Bot, of the first 20 comments and 50 reviews; of all pull requests by the "
    "date of their opening that had one: the mean.",
    source=_ISSUE_METRICS_CODE,
    answers=_FIRST_OF_20_AND_50,
    spans=(Span("left_draft_at", "answered_at"),),
    placed_by="opened_at",
    average="mean",
    is_of_merged=False,
)

_RESPONSES = (DEVLAKE_PICKUP, MIDDLEWARE_RESPONSE, LINEARB_PICKUP, GRAPHITE_WAIT, ISSUE_METRICS_RESPONSE)
_FIRST_REVIEW_OF_ISSUE_METRICS = replace(
    ISSUE_METRICS_RESPONSE,
    name="Time to first review",
    sentence="From ready for review, or from the opening if it was never a draft, to the first review by another "
    "account that is not of type Bot, of the first 50; of all pull requests by the date of their opening that had one: "
    "the mean.",
    source="https://github.com/github/issue-metrics/blob/main/time_to_first_review.py",
    answers=replace(_FIRST_OF_20_AND_50, kinds=REVIEWS),
)
_REVIEWED = (*_RESPONSES[:-1], _FIRST_REVIEW_OF_ISSUE_METRICS)

_CODING = (
    Rule(
        tool="DevLake",
        name="PR coding time",
        sentence="From the first commit, as authored, to the opening, of merged pull requests by the date of their "
        "opening; one without a commit before it adds 0 to the mean.",
        source=_DEVLAKE_CODE,
        spans=(Span("first_commit_at", "opened_at", or_zero=True),),
        placed_by="opened_at",
        average="mean",
    ),
    Rule(
        tool="Middleware",
        name="First commit to open",
        sentence="From the first commit to the opening, 0 if that is negative or no commit is known, of merged pull "
        "requests by the date of their merge: the mean.",
        source=_MIDDLEWARE_MEANS,
        spans=(Span("first_commit_at", "opened_at", or_zero=True),),
        placed_by="merged_at",
        average="mean",
    ),
    Rule(
        tool="LinearB",
        name="Coding time",
        sentence="From the first commit to the opening, or to leaving draft, of merged pull requests by the date of "
        "their merge: the mean.",
        source=_LINEARB_PAGE,
        spans=(Span("first_commit_at", "first_ready_at"),),
        placed_by="merged_at",
        average="mean",
    ),
)
_REVIEW = (
    Rule(
        tool="DevLake",
        name="PR review time",
        sentence="From the first comment or review by another account to the merge, of merged pull requests by the "
        "date of their opening; one without any adds 0 to the mean.",
        source=_DEVLAKE_CODE,
        answers=_ANY_COMMENT,
        spans=(Span("answered_at", "merged_at", or_zero=True),),
        placed_by="opened_at",
        average="mean",
    ),
    Rule(
        tool="Middleware",
        name="Rework time",
        sentence="From the first review to the first approval, 0 without one, of merged pull requests by the date of "
        "their merge: the mean.",
        source=_MIDDLEWARE_CODE,
        answers=_ANY_REVIEW,
        spans=(Span("answered_at", "approved_at", or_zero=True),),
        placed_by="merged_at",
        average="mean",
    ),
    Rule(
        tool="LinearB",
        name="Review time",
        sentence="From the first comment or review by another account to the merge, 0 without one, of merged pull "
        "requests by the date of their merge: the mean.",
        source=_LINEARB_PAGE,
        answers=_COMMENT_OR_MERGE,
        spans=(Span("answered_at", "merged_at"),),
        placed_by="merged_at",
        average="mean",
    ),
)
_MERGE = (
    Rule(
        tool="Middleware",
        name="Merge time",
        sentence="From the first approval to the merge, 0 without one, of merged pull requests by the date of their "
        "merge: the mean.",
        source=_MIDDLEWARE_CODE,
        answers=_ANY_REVIEW,
        spans=(Span("approved_at", "merged_at", or_zero=True),),
        placed_by="merged_at",
        average="mean",
    ),
)
_TO_MERGE = (
    Rule(
        tool="Middleware",
        name="Cycle time",
        sentence="From leaving draft for the first time, or from the opening, to the merge, of merged pull requests by "
        "the date of their merge: the mean.",
        source=_MIDDLEWARE_CODE,
        spans=(Span("left_draft_at", "merged_at"),),
        placed_by="merged_at",
        average="mean",
    ),
    Rule(
        tool="Graphite",
        name="Publish to merge time",
        sentence="From the first time it was ready to the merge, by the date of the merge: the median of the authors' "
        "medians.",
        source=_GRAPHITE_PAGE,
        spans=(Span("first_ready_at", "merged_at"),),
        placed_by="merged_at",
        average="median of people's medians",
    ),
    Rule(
        tool="issue-metrics",
        name="Time to merge",
        sentence="From ready for review, or from the opening if it was never a draft, to the merge, of merged pull "
        "requests by the date of their opening: the mean.",
        source=_ISSUE_METRICS_MERGE,
        spans=(Span("left_draft_at", "merged_at"),),
        placed_by="opened_at",
        average="mean",
    ),
)
_CYCLE = (
    Rule(
        tool="DevLake",
        name="PR cycle time",
        sentence="Coding time and the time from the opening to the merge, of merged pull requests by the date of their "
        "opening: the mean. Its deploy time is not in these data.",
        source=_DEVLAKE_CODE,
        spans=(Span("first_commit_at", "opened_at", or_zero=True), Span("opened_at", "merged_at")),
        placed_by="opened_at",
        average="mean",
    ),
    Rule(
        tool="Middleware",
        name="Lead time",
        sentence="First commit to open, first response, rework and merge time added up, each 0 if it is missing, of "
        "merged pull requests by the date of their merge: the mean. Its time to the deployment is not in these data.",
        source=_MIDDLEWARE_MEANS,
        answers=_ANY_REVIEW,
        spans=(
            Span("first_commit_at", "opened_at", or_zero=True),
            Span("left_draft_at", "answered_at", or_zero=True, may_be_negative=True),
            Span("answered_at", "approved_at", or_zero=True),
            Span("approved_at", "merged_at", or_zero=True),
        ),
        placed_by="merged_at",
        average="mean",
    ),
    Rule(
        tool="LinearB",
        name="Cycle time",
        sentence="From the first commit to the merge, by the date of the merge: the mean. Its own cycle time ends at "
        "the release, which is not in these data: it is longer.",
        source=_LINEARB_PAGE,
        spans=(Span("first_commit_at", "first_ready_at", or_zero=True), Span("first_ready_at", "merged_at")),
        placed_by="merged_at",
        average="mean",
    ),
)

PRESETS: dict[str, tuple[Rule, ...]] = {
    "first_response_p50_hours": _RESPONSES,
    "first_review_p50_hours": _REVIEWED,
    "pickup_p50_hours": _REVIEWED,
    "coding_p50_hours": _CODING,
    "review_p50_hours": _REVIEW,
    "merge_p50_hours": _MERGE,
    "time_to_merge_p50_hours": _TO_MERGE,
    "cycle_time_p50_hours": _CYCLE,
}
"""The metrics that other tools have, too, with their rules."""

TOOLS = ("DevLake", "Middleware", "LinearB", "Graphite", "issue-metrics")
"""The tools; one that has no rule for a metric has no such number."""
