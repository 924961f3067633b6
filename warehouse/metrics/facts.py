"""The facts: the rows that the metrics of one team are computed from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from weakref import WeakKeyDictionary

import polars as pl

KEY = "pull_request_id"
TIMESTAMP = pl.Datetime("us", "UTC")
COLUMNS: dict[str, tuple[str, ...]] = {
    "repositories": (
        "id",
        "full_name",
        "default_branch",
        "sync_status",
        "watermark_at",
        "history_from",
        "created_at",
        "deliveries_from",
    ),
    "pull_requests": (
        "id",
        "repository_id",
        "number",
        "title",
        "body",
        "author_id",
        "author_login",
        "author_kind",
        "state",
        "is_draft",
        "created_at",
        "updated_at",
        "merged_at",
        "closed_at",
        "additions",
        "deletions",
        "changed_files",
        "head_ref",
        "base_ref",
        "is_cross_repository",
        "labels",
        "assignee_ids",
        "merge_commit_oid",
        "merged_by_login",
        "auto_merge_enabled_at",
        "auto_merge_by_login",
        "is_complete",
    ),
    "reviews": ("id", "pull_request_id", "author_id", "author_login", "author_kind", "state", "body", "submitted_at"),
    "review_comments": ("pull_request_id", "author_id", "author_login", "author_kind", "created_at"),
    "comments": ("pull_request_id", "author_id", "author_login", "author_kind", "created_at"),
    "commits": ("pull_request_id", "oid", "author_id", "authored_at", "committed_at"),
    "files": ("pull_request_id", "path", "additions", "deletions"),
    "timeline_events": (
        "id",
        "pull_request_id",
        "kind",
        "actor_login",
        "actor_id",
        "subject",
        "subject_id",
        "previous_value",
        "created_at",
    ),
    "people": ("account_id", "login", "kind", "is_bot"),
    "pr_analysis": ("pull_request_id", "work_type", "ai_level", "is_hotfix", "source", "cost_usd"),
    "sync_items": ("repository_id", "created_at", "updated_at", "is_open"),
    "team_settings": ("name", "value", "set_at"),
    "account_logins": ("account_id", "login", "since", "until"),
    "organisation_teams": ("id", "slug"),
    "jira_sites": ("read_at",),
    "jira_links": ("pull_request_id", "issue_key", "rank", "issue_id", "state"),
    "jira_issues": ("id", "key", "issue_type", "epic_id", "started_at"),
    "team_memberships": ("organisation_team_id", "account_id", "since", "until"),
    "deployments": ("id", "repository_id", "environment", "commit_oid", "created_at", "succeeded_at", "failed_at"),
}
"""The columns read from each table; `facts_schema` of `warehouse/read_facts.py` gives their types."""


@dataclass(frozen=True, eq=False)
class Facts:
    """One team's rows of the followed repositories; each frame has the columns of `COLUMNS`.

    `author_id` is the account as in `people.account_id`: its node id; @ and the login if none is known.
    `reviews.body` is "said" if there was one, else NULL. `pull_requests.body` is NULL unless it may name a revert.
    `sync_items` are the pull requests not fetched yet: what the warehouse is known to lack. Of each it lacks what
    happened from `created_at` (or from the last update that is stored) to `updated_at`, or to now if it `is_open`.
    `history_start` is where the history is to begin: until it does, older pull requests that are open are not known.
    None if nothing is expected beyond what is there. `oldest_update` is that of all its pull requests if they are not
    here (`read_in_shares`). Unless it `has_issues` (Jira is switched on), there are no
    metrics of issues and no issues here; with it `jira_sites` has a row once Jira was asked.
    """

    team_id: str
    timezone: str
    has_people_views: bool
    repositories: pl.DataFrame
    pull_requests: pl.DataFrame
    reviews: pl.DataFrame
    review_comments: pl.DataFrame
    comments: pl.DataFrame
    commits: pl.DataFrame
    files: pl.DataFrame
    timeline_events: pl.DataFrame
    people: pl.DataFrame
    pr_analysis: pl.DataFrame
    sync_items: pl.DataFrame
    team_settings: pl.DataFrame
    account_logins: pl.DataFrame
    organisation_teams: pl.DataFrame
    team_memberships: pl.DataFrame
    deployments: pl.DataFrame
    jira_sites: pl.DataFrame
    jira_links: pl.DataFrame
    jira_issues: pl.DataFrame
    history_start: datetime | None = None
    has_issues: bool = False
    oldest_update: datetime | None = None


_MADE: WeakKeyDictionary[Facts, dict[Callable[[Facts], pl.DataFrame], pl.DataFrame]] = WeakKeyDictionary()


def once(compute: Callable[[Facts], pl.DataFrame]) -> Callable[[Facts], pl.DataFrame]:
    """Compute a frame once for the same facts, however many ask for it."""

    @wraps(compute)
    def made(facts: Facts) -> pl.DataFrame:
        frames = _MADE.setdefault(facts, {})
        if compute not in frames:
            frames[compute] = compute(facts)
        return frames[compute]

    return made


def hand_on(compute: Callable[[Facts], pl.DataFrame], facts: Facts, made: pl.DataFrame) -> None:
    """Let `compute`, a function that is computed `once`, return `made` for these facts."""
    _MADE.setdefault(facts, {})[compute.__wrapped__] = made  # type: ignore[attr-defined]
