"""Every table of the warehouse, declared once.

From these come the DDL (through the migrations), the Polars schemas of the frames that are written,
the column comments that an analyst sees in SQL, and `docs/tables.md`.

DuckLake has no primary keys: `info["key"]` is the natural key on which rows are merged, and
`info["guard"]` the column that must not go backwards when a row is replaced.

Conventions: `_at` is a timestamp in UTC, `week_start` a Monday, `_hours` a duration in hours,
`_count` a whole number, `_share` a ratio from 0 to 1, `is_`/`has_` a boolean. NULL means "not known" or
"did not happen", never 0. `id` is GitHub's node id if GitHub has one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import polars as pl
import sqlalchemy as sa
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from warehouse.guard.storable import UNSTORABLE, make_storable

metadata = MetaData()
_views = MetaData()

AnyColumn = Column[Any]
AnyType = sa.types.TypeEngine[Any]
Kind = AnyType | type[AnyType]

Text = String
Timestamp = DateTime(timezone=True)
TextList = ARRAY(String)


_NO_ID = "NULL if the account was deleted, or was stored without it by an earlier version"


def _table(name: str, comment: str, *columns: AnyColumn, key: tuple[str, ...], guard: str | None = None) -> Table:
    return Table(name, metadata, *columns, comment=comment, info={"key": key, "guard": guard})


def _view(name: str, comment: str, sql: str, *columns: AnyColumn, key: tuple[str, ...]) -> Table:
    return Table(name, _views, *columns, comment=comment, info={"key": key, "guard": None, "sql": sql})


def _column(name: str, kind: Kind, comment: str) -> AnyColumn:
    return Column(name, kind, comment=comment)


def _team() -> AnyColumn:
    return _column("team_id", Text, "The team: the GitHub login of its owner, in lower case")


def _pull_request() -> AnyColumn:
    return _column("pull_request_id", Text, "Node id of the pull request")


teams = _table(
    "teams",
    "One row per team: a GitHub organisation or user whose repositories are followed together",
    _team(),
    _column("id", Text, "GitHub's node id of the organisation or user"),
    _column("login", Text, "The owner's login as GitHub writes it"),
    _column("name", Text, "The owner's display name"),
    _column(
        "status",
        Text,
        "not_started, syncing, llm_processing, computing_metrics, computing_insights, "
        "phase1_complete, background_syncing, background_llm, complete or failed",
    ),
    _column("status_at", Timestamp, "When the status last changed"),
    _column("error", Text, "Why the last run failed; NULL after a success"),
    _column("error_hint", Text, "What a person can do about it"),
    _column("as_of", Timestamp, "Anchor T of the onboarding: phase 1 is [T-30d, T), phase 2 [T-90d, T-30d)"),
    _column("is_as_of_fixed", Boolean, "True if a person chose the anchor: nothing newer than it is fetched"),
    _column("days_back", Integer, "Days of phase 1"),
    _column("history_days", Integer, "Days of history, up to the start of phase 2"),
    _column("timezone", Text, "IANA name of the zone in which weeks begin; UTC unless set"),
    _column("has_people_views", Boolean, "True if the team allows numbers per person"),
    _column("is_simulated", Boolean, "True if the pull requests come from the simulated GitHub of the demo"),
    _column("is_analysis_simulated", Boolean, "True if the analysis comes from the simulated model"),
    _column("is_without_model", Boolean, "True if the rules alone read, by choice, until there is a key of a model"),
    _column(
        "opens_early", Boolean, "True if its pages open with the numbers that need no reading, before the reading ends"
    ),
    _column("web_url", Text, "Address of GitHub's pages, without a trailing slash: https://github.com"),
    _column("created_at", Timestamp, "When the team was first onboarded"),
    _column(
        "members_read_at", Timestamp, "When the members and teams of the organisation were last read; NULL if never"
    ),
    _column("members_error", Text, "Why the last read of them failed; NULL if it did not"),
    _column("database_id", BigInteger, "GitHub's databaseId of the owner"),
    _column("earlier_ids", TextList, "What team_id was before the owner was renamed, oldest first; NULL if never"),
    _column("accounts_read_at", Timestamp, "When the logins of all its accounts were last read; NULL if never"),
    _column("is_paused", Boolean, "True if nothing is fetched for it until a person resumes it"),
    key=("team_id",),
)

team_settings = _table(
    "team_settings",
    "One row per value of a team's setting: what counts as merged, as a release, and what is left out",
    _team(),
    _column(
        "name",
        Text,
        "landed-label, landed-title, base, exclude-label, exclude-title, exclude-base, exclude-author, off, ai-box, "
        "ai-branch, ai-trailer, ai-off, investment or unplanned; timezone, people, working-hours or holiday",
    ),
    _column(
        "value",
        Text,
        "Label, beginning of a title, branch, login, words, sign or TYPE:BUCKET; * stands for anything. A zone, on or "
        "off, days and hours, or a date",
    ),
    _column("set_at", Timestamp, "When a person set it"),
    key=("team_id", "name", "value"),
)

set_up = _table(
    "set_up",
    "At most one row: the set-up in the browser that is under way",
    _column("id", Text, "Always current"),
    _column("step", Text, "connect, organisation, repositories or sync"),
    _column("team_id", Text, "The team that is set up; NULL before an organisation is chosen"),
    _column("left_out", TextList, "Full names of the listed repositories that are not to be followed"),
    _column("run_id", Text, "Prefect's id of the import that was started; NULL before"),
    _column("begun_at", Timestamp, "When the set-up began"),
    _column("changed_at", Timestamp, "When its step last changed"),
    key=("id",),
)

team_members = _table(
    "team_members",
    "One row per member of the organisation",
    _team(),
    _column("id", Text, "GitHub's node id of the person"),
    _column("login", Text, "Login"),
    _column("name", Text, "Display name"),
    _column("role", Text, "ADMIN or MEMBER; NULL if the token may not see it"),
    _column("fetched_at", Timestamp, "When this was read from GitHub"),
    _column("database_id", BigInteger, "GitHub's databaseId of the person"),
    key=("team_id", "id"),
)

organisation_teams = _table(
    "organisation_teams",
    "One row per team within the organisation, as GitHub keeps them",
    _team(),
    _column("id", Text, "GitHub's node id"),
    _column("slug", Text, "Name as in @owner/slug"),
    _column("name", Text, "Name"),
    _column("members_count", Integer, "GitHub's own total of members, including those of child teams"),
    _column("fetched_at", Timestamp, "When this was read from GitHub"),
    key=("team_id", "id"),
)

organisation_team_members = _table(
    "organisation_team_members",
    "One row per member of a team within the organisation",
    _team(),
    _column("organisation_team_id", Text, "Node id of the team within the organisation"),
    _column("login", Text, "Login"),
    _column("role", Text, "MAINTAINER or MEMBER"),
    _column("account_id", Text, "GitHub's node id of the person"),
    key=("team_id", "organisation_team_id", "login"),
)

team_memberships = _table(
    "team_memberships",
    "One row per time that a person was a member of a team within the organisation, as far as prflow has seen",
    _team(),
    _column("organisation_team_id", Text, "Node id of the team within the organisation"),
    _column("account_id", Text, "GitHub's node id of the person"),
    _column(
        "since",
        Timestamp,
        "When prflow first saw it. Whoever was a member when the team was first read counts as one before, too",
    ),
    _column("until", Timestamp, "When prflow first saw the team without the person; NULL for members of today"),
    key=("team_id", "organisation_team_id", "account_id", "since"),
)

repositories = _table(
    "repositories",
    "One row per repository of a team, followed or not",
    _column("id", Text, "GitHub's node id: survives renames and transfers"),
    _team(),
    _column("full_name", Text, "owner/name as of the last sync"),
    _column("name", Text, "Name without the owner"),
    _column("is_followed", Boolean, "True if its pull requests are fetched"),
    _column("is_archived", Boolean, "GitHub: isArchived"),
    _column("is_fork", Boolean, "GitHub: isFork"),
    _column("is_private", Boolean, "GitHub: isPrivate"),
    _column("default_branch", Text, "Name of the default branch; NULL in an empty repository"),
    _column("pushed_at", Timestamp, "GitHub: pushedAt"),
    _column("pull_requests_count", Integer, "GitHub's total of pull requests, all states"),
    _column("sync_status", Text, "pending, scanning, syncing, done, partial or failed"),
    _column("last_sync_at", Timestamp, "End of the last sync that finished"),
    _column("last_sync_error", Text, "Why the last sync of this repository failed or is partial; NULL if it did not"),
    _column("watermark_at", Timestamp, "Everything updated before this is in the warehouse: start of the last scan"),
    _column("history_from", Timestamp, "Everything updated from here to the watermark has been fetched"),
    _column("deliveries_read_at", Timestamp, "When its releases and deployments were last read; NULL if never"),
    _column("deliveries_from", Timestamp, "All releases and deployments created from here on have been read"),
    _column("deliveries_error", Text, "Why the last read of them failed; NULL if it did not"),
    _column(
        "failing_since", Timestamp, "When the first of the syncs that failed in a row ended; NULL if the last did not"
    ),
    _column("created_at", Timestamp, "GitHub: createdAt; NULL until it is read"),
    key=("id",),
)

short_lists = _table(
    "short_lists",
    "One row per list of GitHub's that ended before its own total the last time it was read",
    _team(),
    _column(
        "list_name",
        Text,
        "repositories, members, teams, team members, pull requests, open pull requests, releases or deployments",
    ),
    _column("owner_id", Text, "Node id of the repository, or of the team within the organisation; else the team_id"),
    _column("said", Integer, "GitHub's total"),
    _column("given", Integer, "How many of them GitHub gave"),
    _column("days", Integer, "On how many days (UTC) it was short; from the third on it is no longer asked for again"),
    _column("noted_at", Timestamp, "When it was last read"),
    key=("team_id", "list_name", "owner_id"),
)

sync_items = _table(
    "sync_items",
    "One row per pull request that a scan found: the total of the progress bar and the resume point",
    _team(),
    _column("repository_id", Text, "Node id of the repository"),
    _pull_request(),
    _column("number", Integer, "Number of the pull request"),
    _column("phase", Integer, "1 the first window, 2 the background window, 3 an incremental sync"),
    _column("updated_at", Timestamp, "updatedAt as the scan saw it"),
    _column("state", Text, "pending, done or failed"),
    _column("attempts", Integer, "Failed fetches"),
    _column("error", Text, "Why the last fetch failed"),
    _column("scanned_at", Timestamp, "When the scan wrote this"),
    _column("done_at", Timestamp, "When its rows were committed"),
    _column("run_id", Text, "Prefect flow run that last touched this"),
    _column("created_at", Timestamp, "createdAt as the scan saw it; NULL if it was scanned by an earlier version"),
    _column("is_open", Boolean, "True if it was open when it was scanned"),
    key=("pull_request_id", "phase"),
)

pull_requests = _table(
    "pull_requests",
    "One row per pull request",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _column("repository_id", Text, "Node id of the repository"),
    _column("number", Integer, "Number within the repository"),
    _column("title", Text, "Title, as a person wrote it: hostile text"),
    _column("body", Text, "Body in Markdown, as a person wrote it: hostile text"),
    _column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    _column("author_kind", Text, "GraphQL type of the author: User, Bot, Mannequin, Organization, Ghost"),
    _column("author_association", Text, "GitHub: authorAssociation"),
    _column("state", Text, "OPEN, MERGED or CLOSED"),
    _column("is_draft", Boolean, "GitHub: isDraft, as of the fetch"),
    _column("created_at", Timestamp, "GitHub: createdAt"),
    _column("updated_at", Timestamp, "GitHub: updatedAt"),
    _column("merged_at", Timestamp, "GitHub: mergedAt; NULL if not merged"),
    _column("closed_at", Timestamp, "GitHub: closedAt; NULL while open"),
    _column("merged_by_login", Text, "Login of the person who merged it"),
    _column("additions", Integer, "Lines added"),
    _column("deletions", Integer, "Lines deleted"),
    _column("changed_files", Integer, "GitHub: changedFiles"),
    _column("base_ref", Text, "Name of the target branch"),
    _column("head_ref", Text, "Name of the source branch"),
    _column("head_repository", Text, "owner/name of the repository of the source branch; NULL if it was deleted"),
    _column("is_cross_repository", Boolean, "True if the source branch is in a fork"),
    _column("merge_commit_oid", Text, "Hash of the merge commit"),
    _column("milestone", Text, "Title of the milestone"),
    _column("review_decision", Text, "GitHub: reviewDecision"),
    _column("labels", TextList, "Names of the labels"),
    _column("assignees", TextList, "Logins of the assignees"),
    _column("requested_reviewers", TextList, "Logins and team slugs whose review is requested, as of the fetch"),
    _column("closing_issues", TextList, "Issues that it closes, as owner/name#number"),
    _column("reviews_count", Integer, "GitHub's own total of reviews"),
    _column("review_threads_count", Integer, "GitHub's own total of review threads"),
    _column("comments_count", Integer, "GitHub's own total of issue comments"),
    _column("commits_count", Integer, "GitHub's own total of commits"),
    _column("is_complete", Boolean, "True if the stored reviews, threads, comments, commits equal GitHub's totals"),
    _column("partial_reason", Text, "What is missing; NULL if complete"),
    _column("fetched_at", Timestamp, "When this was read from GitHub"),
    _column("base_repository", Text, "owner/name of the repository of the target branch"),
    _column("base_ref_oid", Text, "Hash of the target branch, as of the last push to the source branch"),
    _column("head_ref_oid", Text, "Hash of its newest commit"),
    _column("auto_merge_enabled_at", Timestamp, "When auto-merge was switched on; NULL if it is not"),
    _column("auto_merge_by_login", Text, "Login of who switched auto-merge on; ghost if the account was deleted"),
    _column("auto_merge_method", Text, "MERGE, REBASE or SQUASH: how auto-merge merges"),
    _column("is_in_merge_queue", Boolean, "GitHub: isInMergeQueue, as of the fetch"),
    _column(
        "head_check_state",
        Text,
        "Combined state of the checks of its newest commit, as of the fetch: SUCCESS, FAILURE, ERROR, PENDING or "
        "EXPECTED; NULL if there are none or the token may not see them",
    ),
    _column(
        "fields_version",
        Integer,
        "Version of the fields that were queried of it: the nights fetch older ones again, some each. NULL before the "
        "versions began: the columns and events that came later are then not known",
    ),
    _column("author_id", Text, f"Node id of the author; {_NO_ID}"),
    _column("merged_by_id", Text, "Node id of the person who merged it"),
    _column("auto_merge_by_id", Text, "Node id of who switched auto-merge on"),
    _column("assignee_ids", TextList, "Node ids of the assignees, in the order of assignees"),
    _column("requested_reviewer_ids", TextList, "Node ids in the order of requested_reviewers"),
    _column(
        "altered_reason", Text, "What of it is not stored as GitHub has it, since it cannot be; NULL if all of it is"
    ),
    _column(
        "partial_days",
        Integer,
        "On how many days (UTC) the same version of it was fetched and not complete: from the third on it is kept as "
        "it is, and not fetched again for that; NULL if complete",
    ),
    key=("id",),
    guard="updated_at",
)

reviews = _table(
    "reviews",
    "One row per submitted review",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _pull_request(),
    _column("author_login", Text, "Login of the reviewer; ghost if the account was deleted"),
    _column("author_kind", Text, "GraphQL type of the reviewer, or Ghost"),
    _column("state", Text, "APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING"),
    _column("body", Text, "Body: hostile text"),
    _column("submitted_at", Timestamp, "GitHub: submittedAt"),
    _column("author_id", Text, f"Node id of the reviewer; {_NO_ID}"),
    key=("id",),
)

review_threads = _table(
    "review_threads",
    "One row per review thread: a conversation at a line of the diff",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _pull_request(),
    _column("path", Text, "File"),
    _column("is_resolved", Boolean, "GitHub: isResolved, as of the fetch"),
    _column("is_outdated", Boolean, "GitHub: isOutdated, as of the fetch"),
    _column("comments_count", Integer, "GitHub's own total of comments in the thread"),
    key=("id",),
)

review_comments = _table(
    "review_comments",
    "One row per comment within a review thread",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _pull_request(),
    _column("review_thread_id", Text, "Node id of the thread"),
    _column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    _column("author_kind", Text, "GraphQL type of the author, or Ghost"),
    _column("body", Text, "Body: hostile text"),
    _column("created_at", Timestamp, "GitHub: createdAt"),
    _column("author_id", Text, f"Node id of the author; {_NO_ID}"),
    key=("id",),
)

comments = _table(
    "comments",
    "One row per comment in the conversation of a pull request (GitHub calls them issue comments)",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _pull_request(),
    _column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    _column("author_kind", Text, "GraphQL type of the author, or Ghost"),
    _column("body", Text, "Body: hostile text"),
    _column("created_at", Timestamp, "GitHub: createdAt"),
    _column("author_id", Text, f"Node id of the author; {_NO_ID}"),
    key=("id",),
)

commits = _table(
    "commits",
    "One row per commit of a pull request: the same commit in two pull requests has two rows",
    _team(),
    _pull_request(),
    _column("oid", Text, "Hash of the commit"),
    _column("position", Integer, "Place within the pull request, from 0"),
    _column("author_login", Text, "Login that GitHub matched to the author; NULL if there is none"),
    _column("author_name", Text, "Name in the commit"),
    _column("author_email_domain", Text, "Part of the e-mail address after the @; the rest is not stored"),
    _column("headline", Text, "First line of the message: hostile text"),
    _column(
        "trailers",
        TextList,
        "Trailers of the message, such as Co-authored-by; of addresses only the domain, except those of apps",
    ),
    _column("authored_at", Timestamp, "GitHub: authoredDate; survives a rebase"),
    _column("committed_at", Timestamp, "GitHub: committedDate; rewritten by a rebase"),
    _column("author_id", Text, "Node id of the account that GitHub matched to the author; NULL if there is none"),
    key=("pull_request_id", "oid"),
)

files = _table(
    "files",
    "One row per file that a pull request changes",
    _team(),
    _pull_request(),
    _column("path", Text, "Path within the repository: hostile text"),
    _column("change_type", Text, "ADDED, CHANGED, COPIED, DELETED, MODIFIED or RENAMED"),
    _column("additions", Integer, "Lines added"),
    _column("deletions", Integer, "Lines deleted"),
    key=("pull_request_id", "path"),
)

timeline_events = _table(
    "timeline_events",
    "One row per event of a pull request's timeline: what was at a time, which its present state no longer shows",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _pull_request(),
    _column(
        "kind",
        Text,
        "GraphQL type without its suffix Event: ReadyForReview, ConvertToDraft, ReviewRequested, "
        "ReviewRequestRemoved, ReviewDismissed, Closed, Reopened, Merged, HeadRefForcePushed, Labeled, Unlabeled, "
        "RenamedTitle, BaseRefChanged, AutomaticBaseChangeSucceeded, Milestoned, Demilestoned, AutoMergeEnabled, "
        "AutoSquashEnabled, AutoRebaseEnabled, AutoMergeDisabled, AddedToMergeQueue, RemovedFromMergeQueue, "
        "CrossReferenced (by another pull request)",
    ),
    _column("actor_login", Text, "Login of the account that caused it; ghost if it was deleted"),
    _column(
        "subject",
        Text,
        "What it is about: the requested reviewer, the label, the milestone, the new title or branch, the node id of "
        "the dismissed review, who put it into the merge queue, why it left it, the hash of the commit that closed "
        "it, or the pull request that closed it or refers to it, as owner/name#number",
    ),
    _column("created_at", Timestamp, "GitHub: createdAt"),
    _column("is_revert", Boolean, "True if the pull request that refers to this one reverts it; NULL for other kinds"),
    _column("previous_value", Text, "What was before: the state of a dismissed review, the title, the target branch"),
    _column("actor_id", Text, f"Node id of the account that caused it; {_NO_ID}"),
    _column("subject_id", Text, "Node id of the account or team that subject names; NULL if it names something else"),
    key=("id",),
)

releases = _table(
    "releases",
    "One row per release of a followed repository",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _column("repository_id", Text, "Node id of the repository"),
    _column("tag_name", Text, "Name of the tag"),
    _column("name", Text, "Title, as a person wrote it: hostile text"),
    _column("body", Text, "Notes in Markdown: hostile text"),
    _column("author_login", Text, "Login of the author; ghost if the account was deleted"),
    _column("commit_oid", Text, "Hash of the tagged commit; NULL for a draft without a tag"),
    _column("is_draft", Boolean, "GitHub: isDraft"),
    _column("is_prerelease", Boolean, "GitHub: isPrerelease"),
    _column("created_at", Timestamp, "GitHub: createdAt"),
    _column("published_at", Timestamp, "GitHub: publishedAt; NULL for a draft"),
    _column("author_id", Text, f"Node id of the author; {_NO_ID}"),
    key=("id",),
)

deployments = _table(
    "deployments",
    "One row per deployment of a followed repository",
    _column("id", Text, "GitHub's node id"),
    _team(),
    _column("repository_id", Text, "Node id of the repository"),
    _column("environment", Text, "Environment as first given: production, staging, ..."),
    _column("task", Text, "GitHub: task; deploy by default"),
    _column("ref", Text, "Name of the branch or tag; NULL if it was deleted"),
    _column("commit_oid", Text, "Hash of the commit: for a merged pull request its merge_commit_oid"),
    _column("creator_login", Text, "Login of who or what started it"),
    _column("state", Text, "GitHub: state, as of the fetch; one that was replaced is INACTIVE, however it went"),
    _column("created_at", Timestamp, "GitHub: createdAt: when it began"),
    _column("updated_at", Timestamp, "GitHub: updatedAt"),
    _column("succeeded_at", Timestamp, "First status SUCCESS; NULL if it has none"),
    _column("failed_at", Timestamp, "First status FAILURE or ERROR; NULL if it has none"),
    _column("creator_id", Text, f"Node id of who or what started it; {_NO_ID}"),
    key=("id",),
)

raw_answers = _table(
    "raw_answers",
    "One row per pull request: GitHub's response, if PRFLOW_KEEP_RAW_ANSWERS is set: the source of new fields",
    _pull_request(),
    _team(),
    _column("updated_at", Timestamp, "GitHub: updatedAt, as of the response"),
    _column("fetched_at", Timestamp, "When this was read from GitHub"),
    _column(
        "answer", LargeBinary, "The pull request with all its connections as JSON, compressed by zlib: hostile text"
    ),
    key=("pull_request_id",),
)

people = _table(
    "people",
    "One row per account that appears in a team's pull requests",
    _team(),
    _column("login", Text, "Login; ghost stands for all deleted accounts"),
    _column("kind", Text, "GraphQL type: User, Bot, Mannequin, Organization, Ghost"),
    _column("is_bot", Boolean, "True for a bot by type, login or list, or by a person's decision"),
    _column(
        "bot_reason", Text, "Why: type, login, list, behaviour (confirmed by a person) or person; NULL for a human"
    ),
    _column(
        "quick_answers_share",
        Float,
        "Share of the pull requests it responded to that got its response within 60 seconds of the opening, if over "
        "0.8 of at least 10: the account is proposed as a bot, for a person to confirm. NULL for other accounts",
    ),
    _column("decided_at", Timestamp, "When a person decided is_bot, over the rules; NULL if the rules decide"),
    _column(
        "account_id",
        Text,
        "Node id of the account; @ and the login in lower case if none is known, as for ghost",
    ),
    _column(
        "bot_evidence",
        Text,
        "Why the account is proposed as a bot, for a person to confirm: what its name or its responses show; NULL for "
        "other accounts",
    ),
    key=("team_id", "account_id"),
)

accounts = _table(
    "accounts",
    "One row per account that GitHub names in a team's data: the id that stays, and the login of today",
    _team(),
    _column("id", Text, "GitHub's node id"),
    _column("database_id", BigInteger, "GitHub's databaseId; NULL for an EnterpriseUserAccount, which has none"),
    _column("login", Text, "Login of today, which every table shows; the last one of a deleted account"),
    _column("kind", Text, "GraphQL type: User, Bot, Mannequin, Organization, EnterpriseUserAccount"),
    _column("gone_at", Timestamp, "When GitHub no longer found the account; NULL while it does"),
    key=("team_id", "id"),
)

account_logins = _table(
    "account_logins",
    "One row per login that an account has had since prflow knows it",
    _team(),
    _column("account_id", Text, "Node id of the account"),
    _column("login", Text, "Login"),
    _column("since", Timestamp, "When prflow first saw the account with it"),
    _column("until", Timestamp, "When prflow first saw the account with another; NULL for the login of today"),
    key=("team_id", "account_id", "login"),
)

pr_analysis = _table(
    "pr_analysis",
    "One row per pull request that was read by rules or by the language model",
    _pull_request(),
    _team(),
    _column("status", Text, "done, failed or refused"),
    _column("source", Text, "rule or llm: what decided work_type and summary"),
    _column(
        "work_type",
        Text,
        "feature, bugfix, refactor, performance, docs, test, build_ci, dependency, infra, security, chore or unclear",
    ),
    _column("work_type_source", Text, "rule or llm"),
    _column("work_type_by_rule", Text, "What the rules say or guess; NULL if they cannot tell"),
    _column(
        "work_type_by_model", Text, "What the model said, which corrects a guess of the rules; NULL if it was not asked"
    ),
    _column("summary", Text, "One or two sentences in plain text: hostile text"),
    _column("risk", Text, "low, medium, high or unclear"),
    _column("risk_reasons", TextList, "From a closed list: what the model says it touches, then facts of the rules"),
    _column("review_quality", Text, "none, light or thorough in rows of older versions; no longer asked"),
    _column(
        "ai_level",
        Text,
        "authored, assisted, contains (some of its commits), denied, mentioned or none: a lower bound, by the evidence",
    ),
    _column("ai_tool", Text, "The tool that the strongest evidence names"),
    _column("ai_tools", TextList, "All tools that took part or made some of its commits, by the rules"),
    _column("ai_evidence", Text, "The quoted evidence: a substring of what was read"),
    _column("ai_evidence_kind", Text, "author, branch, commit, body, template or llm: where the evidence was found"),
    _column(
        "ai_evidence_place", Text, "The exact place, for example: trailer of commit 2 of 5; NULL if a model quoted it"
    ),
    _column("ai_signature", Text, "Row of tasks/llm/rules/signatures.toml that found it; NULL if a model quoted it"),
    _column("ai_signatures", TextList, "All rows of tasks/llm/rules/signatures.toml that matched, mentions included"),
    _column(
        "ai_commit_share", Float, "Share of its commits that show a tool by author, trailer or merged branch, 0 to 1"
    ),
    _column("is_ai_reviewed", Boolean, "True if an AI review bot reviewed or commented"),
    _column("technologies", TextList, "Languages and frameworks"),
    _column("languages", TextList, "Languages by path of the changed files"),
    _column("confidence", Text, "low, medium or high, as the model rates its work type"),
    _column("is_bot", Boolean, "True if the author is a bot"),
    _column("is_revert", Boolean, "True if it reverts another pull request"),
    _column("reverts_number", Integer, "Number of the pull request that it reverts; NULL if it is not known"),
    _column("is_hotfix", Boolean, "True for a hotfix by title, label or branch"),
    _column("size_bucket", Text, "xs, s, m, l or xl by lines, excluding generated and lock files"),
    _column("size_lines", Integer, "Lines added and deleted, excluding generated and lock files"),
    _column("prompt_version", Text, "Version of the prompt"),
    _column("schema_version", Text, "Version of the response schema"),
    _column("rules_version", Text, "Version of the rules"),
    _column("model", Text, "Model that responded; NULL for rules"),
    _column("provider", Text, "Provider that responded; simulated in the demo; NULL for rules"),
    _column("input_hash", Text, "SHA-256 of the text that was read, after cleaning and redaction"),
    _column("error_code", Text, "Why it failed; NULL if it did not"),
    _column("attempts", Integer, "Attempts in the run that wrote this row"),
    _column(
        "failed_runs", Integer, "Runs in which it failed; from 3 on it is retried only for a new version or new input"
    ),
    _column("prompt_tokens", Integer, "Tokens of the prompt"),
    _column("cached_tokens", Integer, "Tokens of the prompt served from the provider's cache"),
    _column("completion_tokens", Integer, "Tokens of the response"),
    _column("cost_usd", Float, "Cost at list price; NULL if the price is not known"),
    _column("latency_ms", Integer, "Latency of the call that succeeded"),
    _column("request_id", Text, "The provider's id of the request"),
    _column("finish_reason", Text, "Finish reason that the provider gave"),
    _column("redactions", Integer, "Secrets redacted before sending"),
    _column("is_truncated", Boolean, "True if the text was truncated to the budget"),
    _column("is_injection_suspected", Boolean, "True if the text seems to instruct the model"),
    _column("run_id", Text, "Prefect flow run that wrote this"),
    _column("analysed_at", Timestamp, "When it was read"),
    key=("pull_request_id",),
)

analysis_leases = _table(
    "analysis_leases",
    "One row per pull request that a run has leased for the language model, so that no two runs read the same one",
    _pull_request(),
    _team(),
    _column("run_id", Text, "Prefect flow run that holds it"),
    _column("expires_at", Timestamp, "When the lease expires"),
    key=("pull_request_id",),
)

llm_replies = _table(
    "llm_replies",
    "One row per pull request, prompt version and model: the newest raw reply, to be read again without a request",
    _pull_request(),
    _team(),
    _column("prompt_version", Text, "Version of the prompt"),
    _column("schema_version", Text, "Version of the requested response schema"),
    _column("model", Text, "Model that replied"),
    _column("input_hash", Text, "SHA-256 of the text that was sent, as in pr_analysis"),
    _column("body", LargeBinary, "The reply's JSON, compressed by zlib: hostile text"),
    _column("received_at", Timestamp, "When it was received"),
    key=("pull_request_id", "prompt_version", "model"),
)

second_readings = _table(
    "second_readings",
    "One row per pull request, prompt version and model that was read a second time, with its fields in another order",
    _pull_request(),
    _team(),
    _column("prompt_version", Text, "Version of the prompt"),
    _column("schema_version", Text, "Version of the requested response schema"),
    _column("model", Text, "Model that was asked twice"),
    _column("input_hash", Text, "SHA-256 of the text that was sent the first time, as in pr_analysis"),
    _column("first_work_type", Text, "The model's work type the first time, before rules"),
    _column("second_work_type", Text, "The same the second time"),
    _column("first_risk", Text, "The model's risk the first time"),
    _column("second_risk", Text, "The same the second time"),
    _column("first_ai_level", Text, "The model's AI level the first time; NULL if its reply is not kept"),
    _column("second_ai_level", Text, "The same the second time"),
    _column("error_code", Text, "Why there is no second answer; NULL if there is one"),
    _column("prompt_tokens", Integer, "Tokens sent the second time"),
    _column("completion_tokens", Integer, "Tokens received the second time"),
    _column("cost_usd", Float, "Cost in US dollars; NULL if the price of the model is not known"),
    _column("run_id", Text, "Run that read it a second time"),
    _column("read_at", Timestamp, "When it was read a second time"),
    key=("pull_request_id", "prompt_version", "model"),
)

pull_request_metrics = _table(
    "pull_request_metrics",
    "One row per pull request: its anchors and the durations between them, as docs/metrics.md defines them",
    _pull_request(),
    _team(),
    _column("repository_id", Text, "Node id of the repository"),
    _column("number", Integer, "Number within the repository"),
    _column("author_login", Text, "Login of the author"),
    _column("is_bot", Boolean, "True if automation or an AI reviewer opened it: it does not count"),
    _column("state", Text, "OPEN, MERGED (by a bot that closed it, too) or CLOSED, as of the computation"),
    _column("is_draft", Boolean, "True while it is a draft"),
    _column("opened_at", Timestamp, "When it was opened: GitHub's createdAt"),
    _column(
        "first_commit_at",
        Timestamp,
        "Earliest authored date of its commits. A rebase rewrites committer dates, not this",
    ),
    _column(
        "ready_at",
        Timestamp,
        "Last time it became ready for review, by opening or by leaving draft, before the first review that came while "
        "it was ready; without such a review the last time up to the merge. One merged as a draft and not reviewed "
        "while ready became ready with the merge; NULL for a draft that never was",
    ),
    _column(
        "first_response_at",
        Timestamp,
        "First comment or review by a human other than the author, from ready_at on and not after the merge",
    ),
    _column(
        "first_review_at",
        Timestamp,
        "First submitted review by a human other than the author while it was ready for review, not after the merge",
    ),
    _column(
        "approved_at",
        Timestamp,
        "First approval by a human other than the author, from first_review_at on and not after the merge",
    ),
    _column("merged_at", Timestamp, "When it was merged: GitHub's mergedAt, or when the bot that merged it closed it"),
    _column("closed_at", Timestamp, "When it was closed or merged: GitHub's closedAt"),
    _column("last_activity_at", Timestamp, "Newest comment, review, commit or event, by bots too"),
    _column("coding_hours", Float, "From the first commit to ready; NULL if no commit is known"),
    _column("pickup_hours", Float, "From ready to the first review; NULL if merged without review"),
    _column(
        "review_hours",
        Float,
        "From the first review to the approval, or to the merge if nobody approved; NULL if merged without review",
    ),
    _column("merge_hours", Float, "From the approval to the merge; NULL if nobody approved"),
    _column("unreviewed_hours", Float, "From ready to the merge, without a review in between; NULL if there was one"),
    _column(
        "cycle_time_hours",
        Float,
        "From the first commit, or from ready if that was earlier, to the merge: the sum of the phases",
    ),
    _column("time_to_merge_hours", Float, "From ready to the merge"),
    _column("first_response_hours", Float, "From ready to the first response"),
    _column("first_review_hours", Float, "From ready to the first review"),
    _column("size_lines", Integer, "Lines added and deleted, excluding generated and lock files"),
    _column(
        "is_reviewed",
        Boolean,
        "True if a human other than the author reviewed it, ready or as a draft, not after the merge",
    ),
    _column(
        "review_rounds",
        Integer,
        "Rounds of review: the first review, and each one after a push or a request for changes; NULL without a review",
    ),
    _column(
        "review_comments_count",
        Integer,
        "Comments on lines of the diff by humans other than the author, not after the merge",
    ),
    _column(
        "first_ai_response_at",
        Timestamp,
        "First comment or review by an AI review bot, from ready_at on and not after the merge",
    ),
    _column("is_reverted", Boolean, "True if a later merged pull request reverts it and was not reverted itself"),
    _column("is_hotfix", Boolean, "From pr_analysis; NULL if not analysed"),
    _column("work_type", Text, "From pr_analysis"),
    _column(
        "investment",
        Text,
        "new, improve, keep running, productivity or cannot tell, by work type; NULL if not analysed",
    ),
    _column("ai_level", Text, "From pr_analysis"),
    _column("is_complete", Boolean, "From pull_requests: false if any part of it is missing"),
    _column("as_of", Timestamp, "Time as of which this was computed"),
    _column("author_id", Text, "Node id of the author; @ and the login in lower case if none is known"),
    _column(
        "landed_by",
        Text,
        "What says that a bot merged it and then closed it: title, label, or commit (one that closed it). It counts as "
        "merged when it was closed. NULL for others",
    ),
    _column(
        "merged_by_login",
        Text,
        "Who had it merged: who put it into the merge queue or switched auto-merge on, if a bot merged it; else who "
        "merged it. NULL if not merged",
    ),
    _column(
        "merged_through",
        Text,
        "merge_queue, auto_merge, or bot for one that was merged and closed by a bot; NULL if a person merged it",
    ),
    _column(
        "is_release",
        Boolean,
        "True if it takes one long-lived branch to another: a release or a back-merge, whose commits are those of "
        "other pull requests",
    ),
    _column(
        "excluded_by",
        Text,
        "Why it does not count: release, or a rule of the team: label LABEL, title TITLE, base BRANCH or author LOGIN. "
        "NULL if it counts",
    ),
    _column(
        "first_commit_committed_at",
        Timestamp,
        "When the first commit was committed: long after first_commit_at if it was cherry-picked or rebased",
    ),
    _column(
        "implausible_commits_count",
        Integer,
        "Commits with a date that cannot be, which is no anchor: see docs/metrics.md",
    ),
    _column(
        "author_lane",
        Text,
        "What opened it: person, agent (a coding agent), automation (dependency and release bots, CI), ai_reviewer, or "
        "ghost for deleted accounts. Metrics count persons, agents and ghosts",
    ),
    _column(
        "requested_by_id",
        Text,
        "Node id of the person who asked the agent for it: the only assignee, else the only one whose review the agent "
        "asked for, else the only person who wrote commits in it. NULL if that is not known, and in other lanes",
    ),
    _column("requested_by_login", Text, "Login of who asked the agent for it"),
    _column(
        "draft_review_at",
        Timestamp,
        "First submitted review by a human other than the author while it was a draft, not after the merge",
    ),
    _column(
        "is_ai_reviewed",
        Boolean,
        "True if an AI review bot commented or reviewed from the opening on and not after the merge, drafts included",
    ),
    _column("waiting_on_author_hours", Float, "Hours of its open life that were its author's turn; NULL if none"),
    _column("waiting_on_review_hours", Float, "Hours of its open life that were the reviewers' turn; NULL if none"),
    _column("waiting_on_merge_hours", Float, "Hours of its open life in which it was approved; NULL if none"),
    _column("draft_hours", Float, "Hours of its open life in which it was a draft; NULL if none"),
    _column(
        "is_retouched",
        Boolean,
        "True if another pull request that changes one of its files was merged within 21 days after it; NULL if those "
        "days are not over",
    ),
    _column(
        "model_cost_usd",
        Float,
        "Cost of its reading by the model at list price, 0 by the rules; NULL if not known",
    ),
    _column("coding_work_hours", Float, "coding_hours in the team's working hours; NULL if not set"),
    _column("pickup_work_hours", Float, "pickup_hours in the team's working hours; NULL if not set"),
    _column("review_work_hours", Float, "review_hours in the team's working hours; NULL if not set"),
    _column("merge_work_hours", Float, "merge_hours in the team's working hours; NULL if not set"),
    _column("unreviewed_work_hours", Float, "unreviewed_hours in the team's working hours; NULL if not set"),
    _column("cycle_time_work_hours", Float, "cycle_time_hours in the team's working hours; NULL if not set"),
    _column("time_to_merge_work_hours", Float, "time_to_merge_hours in the team's working hours; NULL if not set"),
    _column("first_response_work_hours", Float, "first_response_hours in the team's working hours; NULL if not set"),
    _column("first_review_work_hours", Float, "first_review_hours in the team's working hours; NULL if not set"),
    _column(
        "reviews_count",
        Integer,
        "Submitted reviews by humans other than the author, drafts and after the merge included",
    ),
    _column("approvals_count", Integer, "Those of reviews_count that approved when they were submitted"),
    _column(
        "issue_key",
        Text,
        "Key of the issue of Jira that it counts for: the first that it names; NULL if none is known",
    ),
    _column("issue_type", Text, "Type of that issue, as the site calls it"),
    _column("epic_key", Text, "Key of the epic of that issue; NULL if it has none"),
    _column("has_issue", Boolean, "True if it names an issue that Jira has; NULL while no issues are read"),
    _column(
        "is_unplanned",
        Boolean,
        "True if the issue is a bug, an incident or a problem, or of a type that the team calls unplanned; NULL if it "
        "has no issue",
    ),
    _column("issue_started_at", Timestamp, "When work on the issue began: its first status in progress"),
    _column(
        "in_production_at",
        Timestamp,
        "First success of a deployment to production that is known to contain it: of its merge commit, or of a later "
        "merge into the same branch. NULL if none is known",
    ),
    _column(
        "issue_to_merge_hours",
        Float,
        "From issue_started_at to the merge; NULL if work began after it, or is not known",
    ),
    _column(
        "issue_to_production_hours", Float, "From issue_started_at to in_production_at; NULL if either is not known"
    ),
    _column("merge_to_production_hours", Float, "From the merge to production; NULL if that is not known"),
    _column(
        "first_commit_to_production_hours", Float, "From the first commit to production; NULL if either is not known"
    ),
    _column(
        "is_change_failure",
        Boolean,
        "True if the first deployment to production that contains it failed, or if it was reverted; NULL if none is "
        "known",
    ),
    key=("pull_request_id",),
)

turns = _table(
    "turns",
    "One row per segment of a pull request's open life: whose turn it was. The segments sum to the time it was open",
    _pull_request(),
    _team(),
    _column("place", Integer, "Place among the segments of the pull request, from 1"),
    _column("turn", Text, "author, review, merge (it is approved), or draft"),
    _column(
        "login",
        Text,
        "The author; for review who was asked last or reviewed last (or the team that was asked). NULL if nobody in "
        "particular, and for merge and draft",
    ),
    _column("started_at", Timestamp, "When it began"),
    _column("ended_at", Timestamp, "When it ended; the time of the computation for the last one while it is open"),
    _column("hours", Float, "Its length"),
    key=("pull_request_id", "place"),
)


def _weekly_columns() -> tuple[AnyColumn, ...]:
    return (
        _team(),
        _column("week_start", Date, "Monday, in the team's time zone"),
        _column("scope", Text, "team, repository, github_team (a team within the organisation) or person"),
        _column("scope_id", Text, "The team's id, the node id of the repository or of the GitHub team, or the login"),
        _column("metric", Text, "Name of the metric: see metric_catalogue"),
        _column("value", Float, "NULL, not 0, if there is nothing to measure"),
        _column("numerator", Float, "Part of a ratio; NULL for other metrics"),
        _column("denominator", Float, "Part of a ratio; NULL for other metrics"),
        _column("n", Integer, "Pull requests (or reviews) behind the value"),
        _column("is_complete", Boolean, "False while the week is not over"),
        _column(
            "is_partial",
            Boolean,
            "True if data of this week are missing: a repository is not fetched that far back, or a pull request is "
            "incomplete",
        ),
        _column("as_of", Timestamp, "Time as of which this was computed"),
        _column(
            "is_uncovered",
            Boolean,
            "True if it is partial since something is not fetched that can count in this week, not only since a pull "
            "request behind it is incomplete",
        ),
    )


_WEEKLY_KEY = ("team_id", "week_start", "scope", "scope_id", "metric")

weekly_values = _table(
    "weekly_values",
    "One row per (team, week, scope, metric) with anything behind it: weekly_metrics has the other weeks, too",
    *_weekly_columns(),
    key=_WEEKLY_KEY,
)

weekly_calendar = _table(
    "weekly_calendar",
    "One row per (team, week, scope): the weeks that weekly_metrics has, and whether data of them are missing",
    _team(),
    _column("week_start", Date, "Monday, in the team's time zone"),
    _column("scope", Text, "team, repository, github_team or person"),
    _column("scope_id", Text, "As in weekly_metrics"),
    _column("is_complete", Boolean, "False while the week is not over"),
    _column("is_partial", Boolean, "True if something is not fetched that can count in this week"),
    _column("is_partial_of_ended", Boolean, "The same for what was merged or closed, among which nothing is open"),
    _column("is_partial_of_open", Boolean, "The same for what is open, of which the oldest is fetched last"),
    _column("as_of", Timestamp, "Time as of which this was computed"),
    key=("team_id", "week_start", "scope", "scope_id"),
)

# A week without a row in weekly_values has 0 of what is counted, and nothing of what is measured.
weekly_metrics = _view(
    "weekly_metrics",
    "One row per (team, week, scope, metric), those without anything behind them too: a view of weekly_values, "
    "weekly_calendar and metric_catalogue",
    """
SELECT team_id, week_start, scope, scope_id, metric, value, numerator, denominator, n, is_complete, is_partial, as_of,
       is_uncovered
FROM weekly_values
UNION ALL
SELECT team_id, week_start, scope, scope_id, metric, value, NULL, NULL, 0, is_complete, is_uncovered, as_of,
       is_uncovered
FROM (
    SELECT c.team_id, c.week_start, c.scope, c.scope_id, c.is_complete, c.as_of, m.metric,
           CASE WHEN m.statistic = 'count' THEN 0.0::DOUBLE END AS value,
           CASE WHEN m.placed_by = 'week_end' THEN c.is_partial_of_open
                WHEN m.placed_by IN ('merged_at', 'closed_at') THEN c.is_partial_of_ended
                ELSE c.is_partial END AS is_uncovered
    FROM weekly_calendar c JOIN metric_catalogue m ON c.scope <> 'person' OR m.has_person_view
)
ANTI JOIN weekly_values USING (team_id, week_start, scope, scope_id, metric)
""",
    *_weekly_columns(),
    key=_WEEKLY_KEY,
)

weekly_metrics_history = _table(
    "weekly_metrics_history",
    "One row per value of weekly_metrics as it was until something changed it: what never changed has none",
    _team(),
    _column("week_start", Date, "Monday, in the team's time zone"),
    _column("scope", Text, "team, repository, github_team or person"),
    _column("scope_id", Text, "As in weekly_metrics"),
    _column("metric", Text, "Name of the metric: see metric_catalogue"),
    _column("value", Float, "As it was said; NULL if there was nothing to measure"),
    _column("numerator", Float, "Part of a ratio; NULL for other metrics"),
    _column("denominator", Float, "Part of a ratio; NULL for other metrics"),
    _column("n", Integer, "Pull requests (or reviews) behind the value as it was said; 0 if there was no value"),
    _column("is_complete", Boolean, "Whether the week was said to be over; NULL if nothing was said of it"),
    _column("is_partial", Boolean, "Whether data of the week were missing; NULL if nothing was said of it"),
    _column("is_uncovered", Boolean, "As in weekly_metrics; NULL if nothing was said of the week"),
    _column("said_from", Timestamp, "Since when this was said; NULL: since before prflow kept it, or the beginning"),
    _column("said_until", Timestamp, "When another value took its place"),
    key=("team_id", "week_start", "scope", "scope_id", "metric", "said_until"),
)

earlier_rows = _table(
    "earlier_rows",
    "One row per row of pull_request_metrics or insights as it was until something changed it: what never changed has "
    "none",
    _team(),
    _column("subject", Text, "pull_request or insight"),
    _column("subject_id", Text, "Node id of the pull request, or id of the insight"),
    _column("said", Text, "The row as JSON, without names and titles; NULL if there was none"),
    _column("said_from", Timestamp, "Since when this was said; NULL: since before prflow kept it, or the beginning"),
    _column("said_until", Timestamp, "When another row took its place"),
    key=("team_id", "subject", "subject_id", "said_until"),
)

counted_with = _table(
    "counted_with",
    "One row per setting and definition with which a team's numbers were computed, and since when until when",
    _team(),
    _column("kind", Text, "setting or definition"),
    _column("name", Text, "Name of the setting: a rule, timezone, people, repository, bot; or of the metric"),
    _column("value", Text, "Value of the setting; how the metric is computed, and its version"),
    _column("said_from", Timestamp, "First computation with it"),
    _column("said_until", Timestamp, "First computation without it; NULL while it is in force"),
    key=("team_id", "kind", "name", "value", "said_from"),
)

computations = _table(
    "computations",
    "One row per computation of a team's numbers: since the first one, what was said is kept",
    _team(),
    _column("said_at", Timestamp, "When the numbers were computed"),
    _column("as_of", Timestamp, "Time as of which they were computed"),
    key=("team_id", "said_at"),
)

insights = _table(
    "insights",
    "One row per insight: what is true now, and what was until lately",
    _column("id", Text, "Id, the same for the same detector, metric and scope, whatever the week"),
    _team(),
    _column("detector", Text, "Name of the detector that found it"),
    _column("rank", Integer, "Rank; 1 is the most important"),
    _column("severity", Text, "info, warning or good"),
    _column("title", Text, "One complete sentence"),
    _column("detail", Text, "How it was found: the numbers and the sample sizes"),
    _column("metric", Text, "Metric that it is about; NULL if there is none"),
    _column("scope", Text, "team or repository"),
    _column("scope_id", Text, "The team's id or the repository's node id"),
    _column("week_start", Date, "Week that it is about; NULL if it is about now"),
    _column("value", Float, "The number now"),
    _column("previous_value", Float, "The number before"),
    _column("pull_request_ids", TextList, "Pull requests behind it"),
    _column("as_of", Timestamp, "Time as of which this was computed"),
    _column("n", Integer, "Pull requests behind the number now; NULL if it is about now alone"),
    _column("n_before", Integer, "Pull requests behind the number before"),
    _column(
        "like_for_like",
        Float,
        "Number now, of the same repositories and authors: as a ratio to that before, or for a share less that before",
    ),
    _column("like_for_like_low", Float, "Lower end of the 95-percent interval of `like_for_like`"),
    _column("like_for_like_high", Float, "Upper end of the 95-percent interval of `like_for_like`"),
    _column("first_seen_at", Timestamp, "When it was first found"),
    _column("last_seen_at", Timestamp, "When it was last found"),
    _column("resolved_at", Timestamp, "When it was first no longer found; NULL while it is true"),
    key=("id",),
)

week_summaries = _table(
    "week_summaries",
    "One row per team and complete week that a model was asked to put into words",
    _team(),
    _column("week_start", Date, "Monday of the week, in the team's time zone"),
    _column("input_hash", Text, "Hash of the facts and of the prompt: the model is asked again only if it changes"),
    _column("prompt_version", Text, "Version of the prompt"),
    _column("model", Text, "Model that was asked"),
    _column("provider", Text, "Its provider; simulated for the simulated model"),
    _column("facts_count", Integer, "Facts that it was given"),
    _column("dropped_count", Integer, "Sentences that did not hold and were dropped"),
    _column("dropped_because", TextList, "Why, one for each sentence that was dropped"),
    _column("prompt_tokens", Integer, "Tokens sent"),
    _column("completion_tokens", Integer, "Tokens received"),
    _column("cost_usd", Float, "Cost in US dollars; NULL if the price of the model is not known"),
    _column("run_id", Text, "Run that asked; NULL for the command line"),
    _column("written_at", Timestamp, "When the model answered"),
    key=("team_id", "week_start"),
)

week_sentences = _table(
    "week_sentences",
    "One row per sentence about a team's week that held when it was written; it is checked again wherever it is shown",
    _team(),
    _column("week_start", Date, "Monday of the week, in the team's time zone"),
    _column("position", Integer, "Place among the sentences of the week, from 1"),
    _column("sentence", Text, "The model's sentence, plain text"),
    _column("fact_keys", TextList, "Facts that it cites, in the order of its parts"),
    _column("pull_request_ids", TextList, "Pull requests behind those facts, 20 at most"),
    _column("pull_requests_count", Integer, "How many pull requests are behind them"),
    key=("team_id", "week_start", "position"),
)

insight_dismissals = _table(
    "insight_dismissals",
    "One row per insight that a person put aside until a day; it is found and stored as before",
    _team(),
    _column("detector", Text, "Name of the detector that found it, as in insights"),
    _column("metric", Text, "Metric that it is about; - if there is none"),
    _column("repository_id", Text, "Node id of the repository that it is about; empty for the whole team"),
    _column("dismissed_until", Date, "Day (UTC) from which it is shown again, if it is still true"),
    _column("dismissed_at", Timestamp, "When it was dismissed"),
    _column(
        "dismissed_by",
        Text,
        "E-mail of the login that dismissed it; NULL without a login: anyone who can open the dashboard",
    ),
    key=("team_id", "detector", "metric", "repository_id"),
)

saved_views = _table(
    "saved_views",
    "One row per view that a person gave a name: a page of the dashboard with its filters",
    _team(),
    _column("id", Text, "Random, made when it is saved"),
    _column("name", Text, "What a person called it"),
    _column("page", Text, "Path of the page, without a slash"),
    _column("parameters", Text, "Its filters as in the address, after the question mark"),
    _column("saved_by", Text, "Who saved it: e-mail or name of the login; empty without a login"),
    _column("is_shared", Boolean, "Shown to everybody who may see the team"),
    _column("saved_at", Timestamp, "When it was saved, or changed last"),
    key=("team_id", "id"),
)

reading_checks = _table(
    "reading_checks",
    "One row per reading that a person judged: whether a type of work, or a sign of AI, is right",
    _team(),
    _pull_request(),
    _column("question", Text, "work_type or sign"),
    _column("subject", Text, "Row of tasks/llm/rules/signatures.toml; empty for work_type"),
    _column("said", Text, "What was said of the pull request when it was judged; a later reading is asked about again"),
    _column("is_right", Boolean, "True if the person found it right"),
    _column("checked_at", Timestamp, "When it was judged"),
    _column(
        "checked_by",
        Text,
        "E-mail of the login that judged it; NULL without a login",
    ),
    key=("team_id", "pull_request_id", "question", "subject"),
)

metric_catalogue = _table(
    "metric_catalogue",
    "One row per metric: what it means, from the registry that computes it",
    _column("metric", Text, "Name"),
    _column("title", Text, "Title"),
    _column("unit", Text, "hours, lines, count, share or usd"),
    _column("better", Text, "lower, higher or neither"),
    _column("question", Text, "The question that it answers"),
    _column("definition", Text, "How it is computed"),
    _column("exclusions", Text, "What it excludes"),
    _column("source_fields", TextList, "Columns that it is computed from"),
    _column("placed_by", Text, "Timestamp that places a pull request in a week"),
    _column("statistic", Text, "count, median, p75, p90, mean, share, gini or fewest"),
    _column("min_n", Integer, "Below this n the value is shown as too few"),
    _column("has_person_view", Boolean, "True if it is computed for each person, too, if the team allows it"),
    key=("metric",),
)

pipeline_runs = _table(
    "pipeline_runs",
    "One row per flow run and its progress; whether it is alive is for Prefect to say",
    _column("run_id", Text, "Prefect's flow run id"),
    _team(),
    _column("flow", Text, "onboarding, background, refresh, sync or analysis"),
    _column("phase", Integer, "1, 2 or 3, as in sync_items"),
    _column("state", Text, "running, completed, partial, failed, crashed or cancelled"),
    _column("stage", Text, "Last status that it set for its team"),
    _column("as_of", Timestamp, "Anchor of the team's windows"),
    _column("window_start", Timestamp, "Start of its window, inclusive"),
    _column("window_end", Timestamp, "End of its window, exclusive; NULL for no end"),
    _column("started_at", Timestamp, "When it began"),
    _column("moved_at", Timestamp, "When it last committed anything"),
    _column("ended_at", Timestamp, "When it ended"),
    _column("opened_at", Timestamp, "When it opened the pages before its end; NULL if it did not"),
    _column("waiting_until", Timestamp, "When the rate limit that it waits for ends; NULL if it does not wait"),
    _column("waiting_for", Text, "github or llm"),
    _column("error", Text, "Why it failed"),
    _column("error_hint", Text, "What a person can do about it"),
    _column("github_requests", BigInteger, "Requests sent to GitHub"),
    _column("github_points", BigInteger, "Points of GitHub's hourly budget that it spent"),
    _column("github_remaining", BigInteger, "Points left as of its last request"),
    _column("github_reset_at", Timestamp, "When GitHub's budget is reset"),
    _column("llm_total", Integer, "Pull requests to read in this run, by rules or by the model"),
    _column("llm_requests", BigInteger, "Requests sent to the language model"),
    _column("llm_tokens", BigInteger, "Tokens of prompts and responses"),
    _column("llm_cost_usd", Float, "Cost at list price"),
    _column("llm_by_rule", Integer, "Pull requests that the rules decided in this run"),
    _column("llm_by_model", Integer, "Pull requests that the model read in this run"),
    _column("llm_failed", Integer, "Pull requests that failed or that the model refused"),
    _column("llm_left", Integer, "Pull requests left to read as of its last commit"),
    _column("llm_stopped", Text, "Why reading stopped early; NULL if it did not"),
    key=("run_id",),
)

github_tokens = _table(
    "github_tokens",
    "One row per token of a team's last sync: its owner and its remaining budget, never its value",
    _team(),
    _column("place", Integer, "Position among the team's tokens, from 1"),
    _column("name", Text, "Name for people, without the value"),
    _column("kind", Text, "Classic or fine-grained token, login or GitHub App, by its prefix"),
    _column("login", Text, "Login of its owner; NULL if GitHub refused it"),
    _column("scopes", Text, "Scopes, separated by commas; NULL if GitHub lists none, as for fine-grained tokens"),
    _column("expires_at", Timestamp, "When it expires; NULL if it does not, or is renewed automatically"),
    _column("points_limit", BigInteger, "Points of GitHub's budget per hour"),
    _column("points_remaining", BigInteger, "Points left as of its last request"),
    _column("reset_at", Timestamp, "When its budget is reset"),
    _column("paused_until", Timestamp, "When the secondary rate limit on it ends; NULL if there is none"),
    _column("problem", Text, "Why it is not used; NULL if it is used"),
    _column("checked_at", Timestamp, "When this was written"),
    _column("account_id", Text, "Node id of its owner; NULL if GitHub refused it"),
    key=("team_id", "place"),
)

events = _table(
    "events",
    "One row per event of the last 90 days: what happened to a team (docs/events.md)",
    _column("id", Text, "The same for the same event, however often it is found"),
    _team(),
    _column("name", Text, "Name of the event, for example prflow.sync.completed"),
    _column("happened_at", Timestamp, "When it happened"),
    _column("noted_at", Timestamp, "When prflow noted it"),
    _column("payload", Text, "What docs/events.md lists for the event, as JSON"),
    key=("id",),
)

problems = _table(
    "problems",
    "One row per team and cause of what is, or was, wrong: people are told when it begins, weekly, and when it ends",
    _team(),
    _column("cause", Text, "The kind, and what tells two causes of a kind apart"),
    _column("kind", Text, "failed, repositories, quota, stale or token"),
    _column("began_at", Timestamp, "When it was first seen"),
    _column("last_seen_at", Timestamp, "When it was last seen"),
    _column("told_at", Timestamp, "When people were last to be told of it"),
    _column("ended_at", Timestamp, "When it was over; NULL while it stands"),
    _column("facts", Text, "What a message says of it, as JSON"),
    key=("team_id", "cause"),
)

recipients = _table(
    "recipients",
    "One row per address that a team's messages go to",
    _team(),
    _column("channel", Text, "mail or slack"),
    _column("address", Text, "Mail address, or name or id of a Slack channel"),
    _column("added_at", Timestamp, "When a person added it"),
    key=("team_id", "channel", "address"),
)

messages = _table(
    "messages",
    "One row per message to one address: waiting, sent or given up. Its text is made when it is sent",
    _column("id", Text, "Random id, of which a mail's Message-ID is made"),
    _team(),
    _column("kind", Text, "welcome, onboarded, history, digest, recovered, or the kind of a problem"),
    _column("cause", Text, "What it is about; the cause of a problem"),
    _column("channel", Text, "mail, slack, webhook (of Slack) or apprise"),
    _column("address", Text, "Mail address, Slack channel or place in PRFLOW_APPRISE_URLS; empty for a webhook"),
    _column("facts", Text, "What it says, as JSON, without secrets"),
    _column("state", Text, "waiting, sent or given_up"),
    _column("created_at", Timestamp, "When it was written"),
    _column("tries", Integer, "How often it was tried to send it"),
    _column("tried_at", Timestamp, "When that was last tried"),
    _column("error", Text, "Why the last try failed; NULL if it did not"),
    _column("sent_at", Timestamp, "When the channel took it"),
    _column("claimed_at", Timestamp, "When a process began to send it; no other sends it within five minutes"),
    _column("claimed_by", Text, "That process, by a random id"),
    key=("id",),
)

locks = _table(
    "locks",
    "One row per piece of work that one process does at a time: each rewrites the row, so that of two one waits",
    _column("name", Text, "messages"),
    _column("taken_at", Timestamp, "When it was last taken"),
    key=("name",),
)


jira_sites = _table(
    "jira_sites",
    "One row per team: the Jira that its issues are read from, and how the last reading went",
    _team(),
    _column("url", Text, "Address of Jira, without a trailing slash"),
    _column("form", Text, "cloud or data_center; NULL if it was never reached"),
    _column("project_keys", TextList, "Keys of the projects that keys are looked for of, earlier ones among them"),
    _column("read_at", Timestamp, "When the last complete reading began; NULL before the first"),
    _column("linked_at", Timestamp, "Every pull request that was fetched before this was searched for keys"),
    _column("error", Text, "Why the last reading failed; NULL if it did not"),
    _column("error_hint", Text, "What a person can do about it"),
    _column("tried_at", Timestamp, "When the last reading ended"),
    _column("requests", BigInteger, "Requests of the last reading"),
    key=("team_id",),
)

jira_issues = _table(
    "jira_issues",
    "One row per issue of Jira that a pull request names, and per parent of one",
    _team(),
    _column("id", Text, "Jira's id: stays when the issue moves to another project"),
    _column("key", Text, "Its key of today, for example SHOP-12"),
    _column("project_key", Text, "Key of its project"),
    _column("issue_type", Text, "Name of its type, as the site calls it: Story, Bug, ..."),
    _column("level", Integer, "Level in the hierarchy: 1 an epic, 0 the usual, -1 a sub-task; NULL if not known"),
    _column("summary", Text, "Title, as a person wrote it: hostile text"),
    _column("status", Text, "Name of its status, as the site calls it"),
    _column("status_category", Text, "to_do, in_progress or done; NULL if the status has none"),
    _column("priority", Text, "Name of its priority; NULL if it has none"),
    _column("resolution", Text, "How it was resolved; NULL while it is not"),
    _column("parent_id", Text, "Id of its parent; NULL if it has none, or if that is not known"),
    _column("parent_key", Text, "Key of its parent, or of its epic in Jira Data Center"),
    _column("epic_id", Text, "Id of the epic that it belongs to, its own if it is one; NULL if none is known"),
    _column("created_at", Timestamp, "Jira: created"),
    _column("updated_at", Timestamp, "Jira: updated"),
    _column("resolved_at", Timestamp, "Jira: resolutiondate; NULL while it is not resolved"),
    _column(
        "started_at",
        Timestamp,
        "When work on it began: its first status of the category in_progress; NULL if it never had one, or if that is "
        "not known",
    ),
    _column(
        "state",
        Text,
        "present; deleted or private (the token may not see it) if Jira Data Center says so; missing if Jira Cloud no "
        "longer returns it, which says the same of both",
    ),
    _column("fetched_at", Timestamp, "When it was last read from Jira"),
    key=("team_id", "id"),
)

jira_transitions = _table(
    "jira_transitions",
    "One row per change of the status of an issue in jira_issues",
    _team(),
    _column("issue_id", Text, "Id of the issue"),
    _column("id", Text, "Id of the entry of Jira's changelog, with the place in it"),
    _column("changed_at", Timestamp, "When the status changed"),
    _column("from_status", Text, "Name of the status before, as of the change"),
    _column("from_category", Text, "Its category of today: to_do, in_progress or done; NULL if it no longer exists"),
    _column("to_status", Text, "Name of the status after, as of the change"),
    _column("to_category", Text, "Its category of today: to_do, in_progress or done; NULL if it no longer exists"),
    key=("team_id", "issue_id", "id"),
)

jira_links = _table(
    "jira_links",
    "One row per pull request and key of an issue that it names",
    _team(),
    _pull_request(),
    _column(
        "issue_key", Text, "The key as it was written, in capitals; that of an issue that moved since may be older"
    ),
    _column("found_in", Text, "The most certain place: title, branch, body or commit"),
    _column("rank", Integer, "1 for the issue that it counts for, by place and order; then 2, 3, ..."),
    _column("issue_id", Text, "Id of the issue in jira_issues; NULL if Jira did not return one"),
    _column(
        "state",
        Text,
        "found; deleted or private if Jira Data Center says so; missing if Jira Cloud returned nothing, which says the "
        "same of an issue that was deleted, may not be seen or never was; NULL if Jira was not asked yet",
    ),
    _column("checked_at", Timestamp, "When Jira was last asked for the key; NULL if it was not yet"),
    key=("pull_request_id", "issue_key"),
)


api_keys = _table(
    "api_keys",
    "One row per key of the API: what it may read, and a hash of it, never the key",
    _column("id", Text, "Part of the key that names it"),
    _team(),
    _column("name", Text, "What it is for, as its maker wrote it"),
    _column("secret_hash", Text, "SHA-256 of its secret part, 32 random bytes"),
    _column("created_at", Timestamp, "When it was made"),
    _column("used_at", Timestamp, "When it was last used, to the hour; NULL if never"),
    _column("revoked_at", Timestamp, "When it was revoked; NULL while it is good"),
    key=("id",),
)


def views() -> dict[str, Table]:
    """Return the views that are declared here, by name; `info["sql"]` is the query of each."""
    return dict(_views.tables)


def readable_tables() -> dict[str, Table]:
    """Return all tables and views by name, in alphabetical order: what a reader of SQL finds."""
    return dict(sorted({**metadata.tables, **_views.tables}.items()))


def key_of(table: Table) -> tuple[str, ...]:
    """Return the natural key on which rows of `table` are merged."""
    return cast(tuple[str, ...], table.info["key"])


def polars_schema(table: Table) -> dict[str, pl.DataType]:
    """Return the Polars type of each column; timestamps are `Datetime("us", "UTC")`, lists `List(String)`."""
    return {column.name: _types_of(column)[0] for column in table.columns}


def sql_type(column: AnyColumn) -> str:
    """Return the column's type as DuckDB calls it, in its short form if it has one."""
    return _types_of(column)[1]


def _types_of(column: AnyColumn) -> tuple[pl.DataType, str]:
    for known, polars, sql in _TYPES:
        if isinstance(column.type, known):
            return polars, sql
    raise TypeError(f"no Polars type for {column.type!r}")


# As SQLAlchemy, Polars and DuckDB call them.
_TYPES: list[tuple[type[AnyType], pl.DataType, str]] = [
    (ARRAY, pl.List(pl.String), "VARCHAR[]"),
    (String, pl.String(), "VARCHAR"),
    (Boolean, pl.Boolean(), "BOOLEAN"),
    (BigInteger, pl.Int64(), "BIGINT"),
    (Integer, pl.Int32(), "INTEGER"),
    (Float, pl.Float64(), "DOUBLE"),
    (DateTime, pl.Datetime("us", "UTC"), "TIMESTAMPTZ"),
    (Date, pl.Date(), "DATE"),
    (LargeBinary, pl.Binary(), "BLOB"),
]


def frame(table: Table, rows: Iterable[Mapping[str, object]], columns: Iterable[str] | None = None) -> pl.DataFrame:
    """Make a frame of rows of `table` with exactly its types; `columns` names a subset, for a partial merge.

    A value that its column cannot hold is left out (see storable.py).
    """
    schema = polars_schema(table)
    if columns is not None:
        schema = {name: schema[name] for name in columns}
    rows = list(rows)
    try:
        return pl.DataFrame(rows, schema=schema)
    except UNSTORABLE:
        return pl.DataFrame(make_storable(rows, schema)[0], schema=schema)
