"""The comments in plainer words."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = {
    "raw_answers": "One row per pull request: GitHub's response, if PRFLOW_KEEP_RAW_ANSWERS is set: the source of new fields",
    "analysis_leases": "One row per pull request that a run has leased for the language model, so that no two runs read the same one",
    "llm_replies": "One row per pull request, prompt version and model: the newest raw reply, to be read again without a request",
    "insights": "One row per insight of the newest computation",
    "metric_catalogue": "One row per metric: what it means, from the registry that computes it",
    "pipeline_runs": "One row per flow run and its progress; whether it is alive is for Prefect to say",
    "github_tokens": "One row per token of a team's last sync: its owner and its remaining budget, never its value",
}
COLUMNS = {
    "teams": {
        "error": "Why the last run failed; NULL after a success",
        "is_as_of_fixed": "True if a person chose the anchor: nothing newer than it is fetched",
        "history_days": "Days of history, up to the start of phase 2",
        "has_people_views": "True if the team allows numbers per person",
        "is_simulated": "True if the pull requests come from the simulated GitHub of the demo",
        "is_analysis_simulated": "True if the analysis comes from the simulated model",
        "web_url": "Address of GitHub's pages, without a trailing slash: https://github.com",
        "members_read_at": "When the members and teams of the organisation were last read; NULL if never",
        "members_error": "Why the last read of them failed; NULL if it did not",
    },
    "team_members": {
        "role": "ADMIN or MEMBER; NULL if the token may not see it",
    },
    "organisation_teams": {
        "members_count": "GitHub's own total of members, including those of child teams",
    },
    "repositories": {
        "is_followed": "True if its pull requests are fetched",
        "last_sync_error": "Why the last sync of this repository failed or is partial; NULL if it did not",
        "deliveries_read_at": "When its releases and deployments were last read; NULL if never",
        "deliveries_error": "Why the last read of them failed; NULL if it did not",
    },
    "sync_items": {
        "attempts": "Failed fetches",
    },
    "pull_requests": {
        "author_login": "Login of the author; ghost if the account was deleted",
        "is_draft": "GitHub: isDraft, as of the fetch",
        "merged_at": "GitHub: mergedAt; NULL if not merged",
        "merged_by_login": "Login of the person who merged it",
        "base_ref": "Name of the target branch",
        "head_ref": "Name of the source branch",
        "head_repository": "owner/name of the repository of the source branch; NULL if it was deleted",
        "is_cross_repository": "True if the source branch is in a fork",
        "requested_reviewers": "Logins and team slugs whose review is requested, as of the fetch",
        "is_complete": "True if the stored reviews, threads, comments, commits equal GitHub's totals",
        "partial_reason": "What is missing; NULL if complete",
        "base_repository": "owner/name of the repository of the target branch",
        "base_ref_oid": "Hash of the target branch, as of the last push to the source branch",
    },
    "reviews": {
        "author_login": "Login of the reviewer; ghost if the account was deleted",
    },
    "review_comments": {
        "author_login": "Login of the author; ghost if the account was deleted",
    },
    "comments": {
        "author_login": "Login of the author; ghost if the account was deleted",
    },
    "commits": {
        "author_login": "Login that GitHub matched to the author; NULL if there is none",
        "author_email_domain": "Part of the e-mail address after the @; the rest is not stored",
        "trailers": "Trailers of the message, such as Co-authored-by; local parts of addresses are removed",
    },
    "timeline_events": {
        "actor_login": "Login of the account that caused it; ghost if it was deleted",
        "subject": "The requested reviewer, the label, or the pull request that refers to this one, as owner/name#number",
        "is_revert": "True if the pull request that refers to this one reverts it; NULL for other kinds",
    },
    "releases": {
        "author_login": "Login of the author; ghost if the account was deleted",
        "commit_oid": "Hash of the tagged commit; NULL for a draft without a tag",
    },
    "deployments": {
        "environment": "Environment as first given: production, staging, ...",
        "task": "GitHub: task; deploy by default",
        "ref": "Name of the branch or tag; NULL if it was deleted",
        "succeeded_at": "First status SUCCESS; NULL if it has none",
        "failed_at": "First status FAILURE or ERROR; NULL if it has none",
    },
    "raw_answers": {
        "updated_at": "GitHub: updatedAt, as of the response",
    },
    "people": {
        "is_bot": "True for a bot by type, login or list, or by a person's decision",
        "bot_reason": "Why: type, login, list, behaviour (confirmed by a person) or person; NULL for a human",
        "quick_answers_share": "Share of the pull requests it responded to that got its response within 60 seconds of the opening, if over 0.8 of at least 10: the account is proposed as a bot, for a person to confirm. NULL for other accounts",
        "decided_at": "When a person decided is_bot, over the rules; NULL if the rules decide",
    },
    "pr_analysis": {
        "source": "rule or llm: what decided work_type and summary",
        "review_quality": "none, light or thorough; NULL if no review text was given",
        "ai_level": "authored, assisted, mentioned or none: a lower bound, by the evidence found",
        "ai_evidence_kind": "author, branch, commit, body, template or llm: where the evidence was found",
        "ai_evidence_place": "The exact place, for example: trailer of commit 2 of 5; NULL if a model quoted it",
        "ai_signature": "Row of tasks/llm/rules/signatures.toml that found it; NULL if a model quoted it",
        "is_ai_reviewed": "True if an AI review bot reviewed or commented",
        "confidence": "low, medium or high, as the model rates itself",
        "is_bot": "True if the author is a bot",
        "is_revert": "True if it reverts another pull request",
        "reverts_number": "Number of the pull request that it reverts; NULL if it is not known",
        "size_bucket": "xs, s, m, l or xl by lines, excluding generated and lock files",
        "size_lines": "Lines added and deleted, excluding generated and lock files",
        "schema_version": "Version of the response schema",
        "model": "Model that responded; NULL for rules",
        "provider": "Provider that responded; simulated in the demo; NULL for rules",
        "error_code": "Why it failed; NULL if it did not",
        "attempts": "Attempts in the run that wrote this row",
        "failed_runs": "Runs in which it failed; from 3 on it is retried only for a new version or new input",
        "prompt_tokens": "Tokens of the prompt",
        "cached_tokens": "Tokens of the prompt served from the provider's cache",
        "completion_tokens": "Tokens of the response",
        "cost_usd": "Cost at list price; NULL if the price is not known",
        "latency_ms": "Latency of the call that succeeded",
        "request_id": "The provider's id of the request",
        "finish_reason": "Finish reason that the provider gave",
        "redactions": "Secrets redacted before sending",
        "is_truncated": "True if the text was truncated to the budget",
        "is_injection_suspected": "True if the text seems to instruct the model",
        "analysed_at": "When it was read",
    },
    "analysis_leases": {
        "expires_at": "When the lease expires",
    },
    "llm_replies": {
        "prompt_version": "Version of the prompt",
        "schema_version": "Version of the requested response schema",
        "model": "Model that replied",
        "received_at": "When it was received",
    },
    "pull_request_metrics": {
        "is_bot": "True if the author is a bot: excluded from the metrics by default",
        "opened_at": "When it was opened: GitHub's createdAt",
        "first_commit_at": "Earliest authored date of its commits. A rebase rewrites committer dates, not this",
        "ready_at": "Last time it became ready for review, by opening or by leaving draft, before its first review. A draft that was reviewed or merged became ready then; NULL for a draft that was neither",
        "first_response_at": "First comment or review by a human other than the author, from ready_at on and not after the merge",
        "first_review_at": "First submitted review by a human other than the author, from ready_at on and not after the merge",
        "approved_at": "First approval by a human other than the author, from first_review_at on and not after the merge",
        "merged_at": "When it was merged: GitHub's mergedAt",
        "closed_at": "When it was closed or merged: GitHub's closedAt",
        "last_activity_at": "Newest comment, review, commit or event, by bots too",
        "coding_hours": "From the first commit to ready; NULL if no commit is known",
        "pickup_hours": "From ready to the first review; NULL if merged without review",
        "review_hours": "From the first review to the approval, or to the merge if nobody approved; NULL if merged without review",
        "merge_hours": "From the approval to the merge; NULL if nobody approved",
        "unreviewed_hours": "From ready to the merge, of a pull request merged without review; NULL if reviewed",
        "cycle_time_hours": "From the first commit, or from ready if that was earlier, to the merge: the sum of the phases",
        "time_to_merge_hours": "From ready to the merge",
        "first_response_hours": "From ready to the first response",
        "first_review_hours": "From ready to the first review",
        "size_lines": "Lines added and deleted, excluding generated and lock files",
        "is_reviewed": "True if a human other than the author reviewed it, not after the merge",
        "review_rounds": "Rounds of review: the first review, and each one after a push or a request for changes; NULL without a review",
        "review_comments_count": "Comments on lines of the diff by humans other than the author",
        "first_ai_response_at": "First comment or review by an AI review bot, from ready_at on and not after the merge",
        "is_reverted": "True if a later merged pull request reverts it",
        "is_hotfix": "From pr_analysis; NULL if not analysed",
        "is_complete": "From pull_requests: false if any part of it is missing",
        "as_of": "Time as of which this was computed",
    },
    "weekly_metrics": {
        "value": "NULL, not 0, if there is nothing to measure",
        "numerator": "Part of a ratio; NULL for other metrics",
        "denominator": "Part of a ratio; NULL for other metrics",
        "is_complete": "False while the week is not over",
        "is_partial": "True if data of this week are missing: a repository is not fetched that far back, or a pull request is incomplete",
        "as_of": "Time as of which this was computed",
    },
    "insights": {
        "id": "Id, the same for the same detector, scope and week",
        "detector": "Name of the detector that found it",
        "rank": "Rank; 1 is the most important",
        "title": "One complete sentence",
        "detail": "How it was found: the numbers and the sample sizes",
        "metric": "Metric that it is about; NULL if there is none",
        "week_start": "Week that it is about; NULL if it is about now",
        "pull_request_ids": "Pull requests behind it",
        "as_of": "Time as of which this was computed",
    },
    "metric_catalogue": {
        "definition": "How it is computed",
        "exclusions": "What it excludes",
        "placed_by": "Timestamp that places a pull request in a week",
        "min_n": "Below this n the value is shown as too few",
    },
    "pipeline_runs": {
        "stage": "Last status that it set for its team",
        "as_of": "Anchor of the team's windows",
        "window_start": "Start of its window, inclusive",
        "window_end": "End of its window, exclusive; NULL for no end",
        "waiting_until": "When the rate limit that it waits for ends; NULL if it does not wait",
        "error": "Why it failed",
        "github_remaining": "Points left as of its last request",
        "github_reset_at": "When GitHub's budget is reset",
        "llm_total": "Pull requests to read in this run, by rules or by the model",
        "llm_requests": "Requests sent to the language model",
        "llm_tokens": "Tokens of prompts and responses",
        "llm_cost_usd": "Cost at list price",
        "llm_by_rule": "Pull requests that the rules decided in this run",
        "llm_by_model": "Pull requests that the model read in this run",
        "llm_failed": "Pull requests that failed or that the model refused",
        "llm_left": "Pull requests left to read as of its last commit",
        "llm_stopped": "Why reading stopped early; NULL if it did not",
    },
    "github_tokens": {
        "place": "Position among the team's tokens, from 1",
        "name": "Name for people, without the value",
        "kind": "Classic or fine-grained token, login or GitHub App, by its prefix",
        "login": "Login of its owner; NULL if GitHub refused it",
        "scopes": "Scopes, separated by commas; NULL if GitHub lists none, as for fine-grained tokens",
        "expires_at": "When it expires; NULL if it does not, or is renewed automatically",
        "points_limit": "Points of GitHub's budget per hour",
        "points_remaining": "Points left as of its last request",
        "reset_at": "When its budget is reset",
        "paused_until": "When the secondary rate limit on it ends; NULL if there is none",
        "problem": "Why it is not used; NULL if it is used",
    },
}


def upgrade() -> None:
    for table, words in TABLES.items():
        op.execute(f"COMMENT ON TABLE {table} IS '{_quoted(words)}'")
    for table, columns in COLUMNS.items():
        for column, words in columns.items():
            op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{_quoted(words)}'")


def _quoted(words: str) -> str:
    return words.replace("'", "''")
