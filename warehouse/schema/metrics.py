"""What is computed of each pull request: its timestamps, durations, and whose turn it was."""

from sqlalchemy import Boolean, Float, Integer

from warehouse.schema.columns import Text, Timestamp, column, pull_request_id, table, team_id

pull_request_metrics = table(
    "pull_request_metrics",
    "One row per pull request: its anchors and the durations between them, as docs/metrics.md defines them",
    pull_request_id(),
    team_id(),
    column("repository_id", Text, "Node id of the repository"),
    column("number", Integer, "Number within the repository"),
    column("author_login", Text, "Login of the author"),
    column("is_bot", Boolean, "True if automation or an AI reviewer opened it: it does not count"),
    column("state", Text, "OPEN, MERGED (by a bot that closed it, too) or CLOSED, as of the computation"),
    column("is_draft", Boolean, "True while it is a draft"),
    column("opened_at", Timestamp, "When it was opened: GitHub's createdAt"),
    column(
        "first_commit_at",
        Timestamp,
        "Earliest authored date of its commits. A rebase rewrites committer dates, not this",
    ),
    column(
        "ready_at",
        Timestamp,
        "Last time it became ready for review, by opening or by leaving draft, before the first review that came while "
        "it was ready; without such a review the last time up to the merge. One merged as a draft and not reviewed "
        "while ready became ready with the merge; NULL for a draft that never was",
    ),
    column(
        "first_response_at",
        Timestamp,
        "First comment or review by a human other than the author, from ready_at on and not after the merge",
    ),
    column(
        "first_review_at",
        Timestamp,
        "First submitted review by a human other than the author while it was ready for review, not after the merge",
    ),
    column(
        "approved_at",
        Timestamp,
        "First approval by a human other than the author, from first_review_at on and not after the merge",
    ),
    column("merged_at", Timestamp, "When it was merged: GitHub's mergedAt, or when the bot that merged it closed it"),
    column("closed_at", Timestamp, "When it was closed or merged: GitHub's closedAt"),
    column("last_activity_at", Timestamp, "Newest comment, review, commit or event, by bots too"),
    column("coding_hours", Float, "From the first commit to ready; NULL if no commit is known"),
    column("pickup_hours", Float, "From ready to the first review; NULL if merged without review"),
    column(
        "review_hours",
        Float,
        "From the first review to the approval, or to the merge if nobody approved; NULL if merged without review",
    ),
    column("merge_hours", Float, "From the approval to the merge; NULL if nobody approved"),
    column("unreviewed_hours", Float, "From ready to the merge, without a review in between; NULL if there was one"),
    column(
        "cycle_time_hours",
        Float,
        "From the first commit, or from ready if that was earlier, to the merge: the sum of the phases",
    ),
    column("time_to_merge_hours", Float, "From ready to the merge"),
    column("first_response_hours", Float, "From ready to the first response"),
    column("first_review_hours", Float, "From ready to the first review"),
    column("size_lines", Integer, "Lines added and deleted, excluding generated and lock files"),
    column(
        "is_reviewed",
        Boolean,
        "True if a human other than the author reviewed it, ready or as a draft, not after the merge",
    ),
    column(
        "review_rounds",
        Integer,
        "Rounds of review: the first review, and each one after a push or a request for changes; NULL without a review",
    ),
    column(
        "review_comments_count",
        Integer,
        "Comments on lines of the diff by humans other than the author, not after the merge",
    ),
    column(
        "first_ai_response_at",
        Timestamp,
        "First comment or review by an AI review bot, from ready_at on and not after the merge",
    ),
    column("is_reverted", Boolean, "True if a later merged pull request reverts it and was not reverted itself"),
    column("is_hotfix", Boolean, "From pr_analysis; NULL if not analysed"),
    column("work_type", Text, "From pr_analysis"),
    column(
        "investment",
        Text,
        "new, improve, keep running, productivity or cannot tell, by work type; NULL if not analysed",
    ),
    column("ai_level", Text, "From pr_analysis"),
    column("is_complete", Boolean, "From pull_requests: false if any part of it is missing"),
    column("as_of", Timestamp, "Time as of which this was computed"),
    column("author_id", Text, "Node id of the author; @ and the login in lower case if none is known"),
    column(
        "landed_by",
        Text,
        "What says that a bot merged it and then closed it: title, label, or commit (one that closed it). It counts as "
        "merged when it was closed. NULL for others",
    ),
    column(
        "merged_by_login",
        Text,
        "Who had it merged: who put it into the merge queue or switched auto-merge on, if a bot merged it; else who "
        "merged it. NULL if not merged",
    ),
    column(
        "merged_through",
        Text,
        "merge_queue, auto_merge, or bot for one that was merged and closed by a bot; NULL if a person merged it",
    ),
    column(
        "is_release",
        Boolean,
        "True if it takes one long-lived branch to another: a release or a back-merge, whose commits are those of "
        "other pull requests",
    ),
    column(
        "excluded_by",
        Text,
        "Why it does not count: release, or a rule of the team: label LABEL, title TITLE, base BRANCH or author LOGIN. "
        "NULL if it counts",
    ),
    column(
        "first_commit_committed_at",
        Timestamp,
        "When the first commit was committed: long after first_commit_at if it was cherry-picked or rebased",
    ),
    column(
        "implausible_commits_count",
        Integer,
        "Commits with a date that cannot be, which is no anchor: see docs/metrics.md",
    ),
    column(
        "author_lane",
        Text,
        "What opened it: person, agent (a coding agent), automation (dependency and release bots, CI), ai_reviewer, or "
        "ghost for deleted accounts. Metrics count persons, agents and ghosts",
    ),
    column(
        "requested_by_id",
        Text,
        "Node id of the person who asked the agent for it: the only assignee, else the only one whose review the agent "
        "asked for, else the only person who wrote commits in it. NULL if that is not known, and in other lanes",
    ),
    column("requested_by_login", Text, "Login of who asked the agent for it"),
    column(
        "draft_review_at",
        Timestamp,
        "First submitted review by a human other than the author while it was a draft, not after the merge",
    ),
    column(
        "is_ai_reviewed",
        Boolean,
        "True if an AI review bot commented or reviewed from the opening on and not after the merge, drafts included",
    ),
    column("waiting_on_author_hours", Float, "Hours of its open life that were its author's turn; NULL if none"),
    column("waiting_on_review_hours", Float, "Hours of its open life that were the reviewers' turn; NULL if none"),
    column("waiting_on_merge_hours", Float, "Hours of its open life in which it was approved; NULL if none"),
    column("draft_hours", Float, "Hours of its open life in which it was a draft; NULL if none"),
    column(
        "is_retouched",
        Boolean,
        "True if another pull request that changes one of its files was merged within 21 days after it; NULL if those "
        "days are not over",
    ),
    column(
        "model_cost_usd",
        Float,
        "Cost of its reading by the model at list price, 0 by the rules; NULL if not known",
    ),
    column("coding_work_hours", Float, "coding_hours in the team's working hours; NULL if not set"),
    column("pickup_work_hours", Float, "pickup_hours in the team's working hours; NULL if not set"),
    column("review_work_hours", Float, "review_hours in the team's working hours; NULL if not set"),
    column("merge_work_hours", Float, "merge_hours in the team's working hours; NULL if not set"),
    column("unreviewed_work_hours", Float, "unreviewed_hours in the team's working hours; NULL if not set"),
    column("cycle_time_work_hours", Float, "cycle_time_hours in the team's working hours; NULL if not set"),
    column("time_to_merge_work_hours", Float, "time_to_merge_hours in the team's working hours; NULL if not set"),
    column("first_response_work_hours", Float, "first_response_hours in the team's working hours; NULL if not set"),
    column("first_review_work_hours", Float, "first_review_hours in the team's working hours; NULL if not set"),
    column(
        "reviews_count",
        Integer,
        "Submitted reviews by humans other than the author, drafts and after the merge included",
    ),
    column("approvals_count", Integer, "Those of reviews_count that approved when they were submitted"),
    column(
        "issue_key",
        Text,
        "Key of the issue of Jira that it counts for: the first that it names; NULL if none is known",
    ),
    column("issue_type", Text, "Type of that issue, as the site calls it"),
    column("epic_key", Text, "Key of the epic of that issue; NULL if it has none"),
    column("has_issue", Boolean, "True if it names an issue that Jira has; NULL while no issues are read"),
    column(
        "is_unplanned",
        Boolean,
        "True if the issue is a bug, an incident or a problem, or of a type that the team calls unplanned; NULL if it "
        "has no issue",
    ),
    column("issue_started_at", Timestamp, "When work on the issue began: its first status in progress"),
    column(
        "in_production_at",
        Timestamp,
        "First success of a deployment to production that is known to contain it: of its merge commit, or of a later "
        "merge into the same branch. NULL if none is known",
    ),
    column(
        "issue_to_merge_hours",
        Float,
        "From issue_started_at to the merge; NULL if work began after it, or is not known",
    ),
    column(
        "issue_to_production_hours", Float, "From issue_started_at to in_production_at; NULL if either is not known"
    ),
    column("merge_to_production_hours", Float, "From the merge to production; NULL if that is not known"),
    column(
        "first_commit_to_production_hours", Float, "From the first commit to production; NULL if either is not known"
    ),
    column(
        "is_change_failure",
        Boolean,
        "True if the first deployment to production that contains it failed, or if it was reverted; NULL if none is "
        "known",
    ),
    key=("pull_request_id",),
)

turns = table(
    "turns",
    "One row per segment of a pull request's open life: whose turn it was. The segments sum to the time it was open",
    pull_request_id(),
    team_id(),
    column("place", Integer, "Place among the segments of the pull request, from 1"),
    column("turn", Text, "author, review, merge (it is approved), or draft"),
    column(
        "login",
        Text,
        "The author; for review who was asked last or reviewed last (or the team that was asked). NULL if nobody in "
        "particular, and for merge and draft",
    ),
    column("started_at", Timestamp, "When it began"),
    column("ended_at", Timestamp, "When it ended; the time of the computation for the last one while it is open"),
    column("hours", Float, "Its length"),
    key=("pull_request_id", "place"),
)
