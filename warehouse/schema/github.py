"""What GitHub says: repositories, pull requests and what belongs to them, releases and deployments."""

from sqlalchemy import Boolean, Integer, LargeBinary

from warehouse.schema.columns import NO_ID, Text, TextList, Timestamp, column, pull_request_id, table, team_id

repositories = table(
    "repositories",
    "One row per repository of a team, followed or not",
    column("id", Text, "GitHub's node id: survives renames and transfers"),
    team_id(),
    column("full_name", Text, "owner/name as of the last sync"),
    column("name", Text, "Name without the owner"),
    column("is_followed", Boolean, "True if its pull requests are fetched"),
    column("is_archived", Boolean, "GitHub: isArchived"),
    column("is_fork", Boolean, "GitHub: isFork"),
    column("is_private", Boolean, "GitHub: isPrivate"),
    column("default_branch", Text, "Name of the default branch; NULL in an empty repository"),
    column("pushed_at", Timestamp, "GitHub: pushedAt"),
    column("pull_requests_count", Integer, "GitHub's total of pull requests, all states"),
    column("sync_status", Text, "pending, scanning, syncing, done, partial or failed"),
    column("last_sync_at", Timestamp, "End of the last sync that finished"),
    column("last_sync_error", Text, "Why the last sync of this repository failed or is partial; NULL if it did not"),
    column("watermark_at", Timestamp, "Everything updated before this is in the warehouse: start of the last scan"),
    column("history_from", Timestamp, "Everything updated from here to the watermark has been fetched"),
    column("deliveries_read_at", Timestamp, "When its releases and deployments were last read; NULL if never"),
    column("deliveries_from", Timestamp, "All releases and deployments created from here on have been read"),
    column("deliveries_error", Text, "Why the last read of them failed; NULL if it did not"),
    column(
        "failing_since", Timestamp, "When the first of the syncs that failed in a row ended; NULL if the last did not"
    ),
    column("created_at", Timestamp, "GitHub: createdAt; NULL until it is read"),
    key=("id",),
)

pull_requests = table(
    "pull_requests",
    "One row per pull request",
    column("id", Text, "GitHub's node id"),
    team_id(),
    column("repository_id", Text, "Node id of the repository"),
    column("number", Integer, "Number within the repository"),
    column("title", Text, "Title, as a person wrote it: hostile text"),
    column("body", Text, "Body in Markdown, as a person wrote it: hostile text"),
    column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    column("author_kind", Text, "GraphQL type of the author: User, Bot, Mannequin, Organization, Ghost"),
    column("author_association", Text, "GitHub: authorAssociation"),
    column("state", Text, "OPEN, MERGED or CLOSED"),
    column("is_draft", Boolean, "GitHub: isDraft, as of the fetch"),
    column("created_at", Timestamp, "GitHub: createdAt"),
    column("updated_at", Timestamp, "GitHub: updatedAt"),
    column("merged_at", Timestamp, "GitHub: mergedAt; NULL if not merged"),
    column("closed_at", Timestamp, "GitHub: closedAt; NULL while open"),
    column("merged_by_login", Text, "Login of the person who merged it"),
    column("additions", Integer, "Lines added"),
    column("deletions", Integer, "Lines deleted"),
    column("changed_files", Integer, "GitHub: changedFiles"),
    column("base_ref", Text, "Name of the target branch"),
    column("head_ref", Text, "Name of the source branch"),
    column("head_repository", Text, "owner/name of the repository of the source branch; NULL if it was deleted"),
    column("is_cross_repository", Boolean, "True if the source branch is in a fork"),
    column("merge_commit_oid", Text, "Hash of the merge commit"),
    column("milestone", Text, "Title of the milestone"),
    column("review_decision", Text, "GitHub: reviewDecision"),
    column("labels", TextList, "Names of the labels"),
    column("assignees", TextList, "Logins of the assignees"),
    column("requested_reviewers", TextList, "Logins and team slugs whose review is requested, as of the fetch"),
    column("closing_issues", TextList, "Issues that it closes, as owner/name#number"),
    column("reviews_count", Integer, "GitHub's own total of reviews"),
    column("review_threads_count", Integer, "GitHub's own total of review threads"),
    column("comments_count", Integer, "GitHub's own total of issue comments"),
    column("commits_count", Integer, "GitHub's own total of commits"),
    column("is_complete", Boolean, "True if the stored reviews, threads, comments, commits equal GitHub's totals"),
    column("partial_reason", Text, "What is missing; NULL if complete"),
    column("fetched_at", Timestamp, "When this was read from GitHub"),
    column("base_repository", Text, "owner/name of the repository of the target branch"),
    column("base_ref_oid", Text, "Hash of the target branch, as of the last push to the source branch"),
    column("head_ref_oid", Text, "Hash of its newest commit"),
    column("auto_merge_enabled_at", Timestamp, "When auto-merge was switched on; NULL if it is not"),
    column("auto_merge_by_login", Text, "Login of who switched auto-merge on; ghost if the account was deleted"),
    column("auto_merge_method", Text, "MERGE, REBASE or SQUASH: how auto-merge merges"),
    column("is_in_merge_queue", Boolean, "GitHub: isInMergeQueue, as of the fetch"),
    column(
        "head_check_state",
        Text,
        "Combined state of the checks of its newest commit, as of the fetch: SUCCESS, FAILURE, ERROR, PENDING or "
        "EXPECTED; NULL if there are none or the token may not see them",
    ),
    column(
        "fields_version",
        Integer,
        "Version of the fields that were queried of it: the nights fetch older ones again, some each. NULL before the "
        "versions began: the columns and events that came later are then not known",
    ),
    column("author_id", Text, f"Node id of the author; {NO_ID}"),
    column("merged_by_id", Text, "Node id of the person who merged it"),
    column("auto_merge_by_id", Text, "Node id of who switched auto-merge on"),
    column("assignee_ids", TextList, "Node ids of the assignees, in the order of assignees"),
    column("requested_reviewer_ids", TextList, "Node ids in the order of requested_reviewers"),
    column(
        "altered_reason", Text, "What of it is not stored as GitHub has it, since it cannot be; NULL if all of it is"
    ),
    column(
        "partial_days",
        Integer,
        "On how many days (UTC) the same version of it was fetched and not complete: from the third on it is kept as "
        "it is, and not fetched again for that; NULL if complete",
    ),
    key=("id",),
    guard="updated_at",
)

reviews = table(
    "reviews",
    "One row per submitted review",
    column("id", Text, "GitHub's node id"),
    team_id(),
    pull_request_id(),
    column("author_login", Text, "Login of the reviewer; ghost if the account was deleted"),
    column("author_kind", Text, "GraphQL type of the reviewer, or Ghost"),
    column("state", Text, "APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING"),
    column("body", Text, "Body: hostile text"),
    column("submitted_at", Timestamp, "GitHub: submittedAt"),
    column("author_id", Text, f"Node id of the reviewer; {NO_ID}"),
    key=("id",),
)

review_threads = table(
    "review_threads",
    "One row per review thread: a conversation at a line of the diff",
    column("id", Text, "GitHub's node id"),
    team_id(),
    pull_request_id(),
    column("path", Text, "File"),
    column("is_resolved", Boolean, "GitHub: isResolved, as of the fetch"),
    column("is_outdated", Boolean, "GitHub: isOutdated, as of the fetch"),
    column("comments_count", Integer, "GitHub's own total of comments in the thread"),
    key=("id",),
)

review_comments = table(
    "review_comments",
    "One row per comment within a review thread",
    column("id", Text, "GitHub's node id"),
    team_id(),
    pull_request_id(),
    column("review_thread_id", Text, "Node id of the thread"),
    column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    column("author_kind", Text, "GraphQL type of the author, or Ghost"),
    column("body", Text, "Body: hostile text"),
    column("created_at", Timestamp, "GitHub: createdAt"),
    column("author_id", Text, f"Node id of the author; {NO_ID}"),
    key=("id",),
)

comments = table(
    "comments",
    "One row per comment in the conversation of a pull request (GitHub calls them issue comments)",
    column("id", Text, "GitHub's node id"),
    team_id(),
    pull_request_id(),
    column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    column("author_kind", Text, "GraphQL type of the author, or Ghost"),
    column("body", Text, "Body: hostile text"),
    column("created_at", Timestamp, "GitHub: createdAt"),
    column("author_id", Text, f"Node id of the author; {NO_ID}"),
    key=("id",),
)

commits = table(
    "commits",
    "One row per commit of a pull request: the same commit in two pull requests has two rows",
    team_id(),
    pull_request_id(),
    column("oid", Text, "Hash of the commit"),
    column("position", Integer, "Place within the pull request, from 0"),
    column("author_login", Text, "Login that GitHub matched to the author; NULL if there is none"),
    column("author_name", Text, "Name in the commit"),
    column("author_email_domain", Text, "Part of the e-mail address after the @; the rest is not stored"),
    column("headline", Text, "First line of the message: hostile text"),
    column(
        "trailers",
        TextList,
        "Trailers of the message, such as Co-authored-by; of addresses only the domain, except those of apps",
    ),
    column("authored_at", Timestamp, "GitHub: authoredDate; survives a rebase"),
    column("committed_at", Timestamp, "GitHub: committedDate; rewritten by a rebase"),
    column("author_id", Text, "Node id of the account that GitHub matched to the author; NULL if there is none"),
    key=("pull_request_id", "oid"),
)

files = table(
    "files",
    "One row per file that a pull request changes",
    team_id(),
    pull_request_id(),
    column("path", Text, "Path within the repository: hostile text"),
    column("change_type", Text, "ADDED, CHANGED, COPIED, DELETED, MODIFIED or RENAMED"),
    column("additions", Integer, "Lines added"),
    column("deletions", Integer, "Lines deleted"),
    key=("pull_request_id", "path"),
)

timeline_events = table(
    "timeline_events",
    "One row per event of a pull request's timeline: what was at a time, which its present state no longer shows",
    column("id", Text, "GitHub's node id"),
    team_id(),
    pull_request_id(),
    column(
        "kind",
        Text,
        "GraphQL type without its suffix Event: ReadyForReview, ConvertToDraft, ReviewRequested, "
        "ReviewRequestRemoved, ReviewDismissed, Closed, Reopened, Merged, HeadRefForcePushed, Labeled, Unlabeled, "
        "RenamedTitle, BaseRefChanged, AutomaticBaseChangeSucceeded, Milestoned, Demilestoned, AutoMergeEnabled, "
        "AutoSquashEnabled, AutoRebaseEnabled, AutoMergeDisabled, AddedToMergeQueue, RemovedFromMergeQueue, "
        "CrossReferenced (by another pull request)",
    ),
    column("actor_login", Text, "Login of the account that caused it; ghost if it was deleted"),
    column(
        "subject",
        Text,
        "What it is about: the requested reviewer, the label, the milestone, the new title or branch, the node id of "
        "the dismissed review, who put it into the merge queue, why it left it, the hash of the commit that closed "
        "it, or the pull request that closed it or refers to it, as owner/name#number",
    ),
    column("created_at", Timestamp, "GitHub: createdAt"),
    column("is_revert", Boolean, "True if the pull request that refers to this one reverts it; NULL for other kinds"),
    column("previous_value", Text, "What was before: the state of a dismissed review, the title, the target branch"),
    column("actor_id", Text, f"Node id of the account that caused it; {NO_ID}"),
    column("subject_id", Text, "Node id of the account or team that subject names; NULL if it names something else"),
    key=("id",),
)

releases = table(
    "releases",
    "One row per release of a followed repository",
    column("id", Text, "GitHub's node id"),
    team_id(),
    column("repository_id", Text, "Node id of the repository"),
    column("tag_name", Text, "Name of the tag"),
    column("name", Text, "Title, as a person wrote it: hostile text"),
    column("body", Text, "Notes in Markdown: hostile text"),
    column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    column("commit_oid", Text, "Hash of the tagged commit; NULL for a draft without a tag"),
    column("is_draft", Boolean, "GitHub: isDraft"),
    column("is_prerelease", Boolean, "GitHub: isPrerelease"),
    column("created_at", Timestamp, "GitHub: createdAt"),
    column("published_at", Timestamp, "GitHub: publishedAt; NULL for a draft"),
    column("author_id", Text, f"Node id of the author; {NO_ID}"),
    key=("id",),
)

deployments = table(
    "deployments",
    "One row per deployment of a followed repository",
    column("id", Text, "GitHub's node id"),
    team_id(),
    column("repository_id", Text, "Node id of the repository"),
    column("environment", Text, "Environment as first given: production, staging, ..."),
    column("task", Text, "GitHub: task; deploy by default"),
    column("ref", Text, "Name of the branch or tag; NULL if it was deleted"),
    column("commit_oid", Text, "Hash of the commit: for a merged pull request its merge_commit_oid"),
    column("creator_login", Text, "Login of who or what started it"),
    column("state", Text, "GitHub: state, as of the fetch; one that was replaced is INACTIVE, however it went"),
    column("created_at", Timestamp, "GitHub: createdAt: when it began"),
    column("updated_at", Timestamp, "GitHub: updatedAt"),
    column("succeeded_at", Timestamp, "First status SUCCESS; NULL if it has none"),
    column("failed_at", Timestamp, "First status FAILURE or ERROR; NULL if it has none"),
    column("creator_id", Text, f"Node id of who or what started it; {NO_ID}"),
    key=("id",),
)

raw_answers = table(
    "raw_answers",
    "One row per pull request: GitHub's response, if PRFLOW_KEEP_RAW_ANSWERS is set: the source of new fields",
    pull_request_id(),
    team_id(),
    column("updated_at", Timestamp, "GitHub: updatedAt, as of the response"),
    column("fetched_at", Timestamp, "When this was read from GitHub"),
    column(
        "answer", LargeBinary, "The pull request with all its connections as JSON, compressed by zlib: hostile text"
    ),
    key=("pull_request_id",),
)
