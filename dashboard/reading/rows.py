"""Typed rows: what pages read from a frame one row at a time, with the columns that they use.

Values are as in the warehouse: None is "not known" or "did not happen", timestamps are in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TypeVar

import polars as pl

from warehouse.words import name_kind

Row = TypeVar("Row")


def make_row(kind: type[Row], values: Mapping[str, object]) -> Row:
    """Make a row of the dataclass `kind` from the columns that it names; others are left out."""
    return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def make_rows(kind: type[Row], frame: pl.DataFrame) -> list[Row]:
    """Make one row of the dataclass `kind` per row of the frame."""
    return [make_row(kind, values) for values in frame.iter_rows(named=True)]


@dataclass(frozen=True)
class Team:
    """One row of `teams`."""

    team_id: str
    login: str | None
    as_of: datetime | None
    history_days: int | None
    timezone: str | None
    has_people_views: bool | None
    web_url: str | None
    members_error: str | None
    is_simulated: bool | None = None


@dataclass(frozen=True)
class PullRequestDetail:
    """One row of `read_pull_request`: a pull request, its phases in hours, and its analysis."""

    number: int
    title: str | None
    full_name: str | None
    author_login: str | None
    state: str
    is_draft: bool | None
    is_bot: bool
    additions: int | None
    deletions: int | None
    changed_files: int | None
    is_complete: bool | None
    partial_reason: str | None
    fetched_at: datetime | None

    head_ref: str | None
    base_ref: str | None
    landed_by: str | None
    merged_by_login: str | None
    requested_reviewers: list[str] | None
    assignees: list[str] | None
    labels: list[str] | None
    merged_through: str | None
    excluded_by: str | None
    excluded_since: datetime | None

    first_commit_at: datetime | None
    first_commit_committed_at: datetime | None
    implausible_commits_count: int | None
    created_at: datetime | None
    ready_at: datetime | None
    first_response_at: datetime | None
    first_review_at: datetime | None
    approved_at: datetime | None
    merged_at: datetime | None
    closed_at: datetime | None

    coding_hours: float | None
    pickup_hours: float | None
    review_hours: float | None
    merge_hours: float | None
    unreviewed_hours: float | None
    cycle_time_hours: float | None

    analysis_status: str | None
    analysis_source: str | None
    analysed_at: datetime | None
    work_type: str | None
    work_type_source: str | None
    summary: str | None
    risk: str | None
    risk_reasons: list[str] | None
    languages: list[str] | None
    is_hotfix: bool | None
    is_revert: bool | None
    ai_level: str | None
    ai_tool: str | None
    ai_tools: list[str] | None
    ai_evidence: str | None
    ai_evidence_kind: str | None
    ai_evidence_place: str | None
    confidence: str | None
    model: str | None
    provider: str | None
    error_code: str | None
    is_truncated: bool | None
    is_injection_suspected: bool | None

    @property
    def phase_hours(self) -> dict[str, float | None]:
        """Hours by phase, in the order in which the phases follow one another."""
        return {
            "coding": self.coding_hours,
            "pickup": self.pickup_hours,
            "review": self.review_hours,
            "merge": self.merge_hours,
            "unreviewed": self.unreviewed_hours,
        }

    @property
    def event_times(self) -> dict[str, datetime | None]:
        """When each step happened, by column, in the order in which they usually follow one another."""
        return {
            "first_commit_at": self.first_commit_at,
            "created_at": self.created_at,
            "ready_at": self.ready_at,
            "first_response_at": self.first_response_at,
            "first_review_at": self.first_review_at,
            "approved_at": self.approved_at,
            "merged_at": self.merged_at,
            "closed_at": self.closed_at,
        }


@dataclass(frozen=True)
class Reviewer:
    """One row of `read_reviewers`: an account, its last verdict and how often it reviewed."""

    login: str | None
    verdict: str | None
    last_at: datetime | None
    reviews: int


@dataclass(frozen=True)
class PieceOfWork:
    """One row of `read_pieces_of_work`: title and summary are hostile text."""

    id: str
    number: int
    title: str | None
    author_login: str | None
    full_name: str | None
    size_lines: int | None
    summary: str | None
    work_type: str | None


@dataclass(frozen=True)
class Insight:
    """One row of `insights`."""

    title: str
    detail: str | None
    first_seen_at: datetime | None


@dataclass(frozen=True)
class DrawnReading:
    """One row of `read_drawn`."""

    question: str
    subject: str
    pull_request_id: str
    said: str
    hits: int
    number: int
    title: str | None
    full_name: str | None
    is_right: bool | None


@dataclass(frozen=True)
class StoredInsight:
    """One row of `read_all_insights`."""

    id: str
    title: str
    detail: str | None
    severity: str
    metric: str | None
    scope: str
    scope_id: str
    full_name: str | None
    week_start: date | None
    pull_request_ids: list[str] | None
    as_of: datetime
    n: int | None
    n_before: int | None
    like_for_like: float | None
    like_for_like_low: float | None
    like_for_like_high: float | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    resolved_at: datetime | None
    dismissed_until: date | None
    dismissed_at: datetime | None
    dismissed_by: str | None


@dataclass(frozen=True)
class RepositoryCoverage:
    """One row of `read_coverage`, without the counts that go straight into the table."""

    full_name: str
    sync_status: str
    last_sync_error: str | None
    deliveries_error: str | None
    failing_since: datetime | None


@dataclass(frozen=True)
class AnalysisGroup:
    """One row of `read_analysis_summary`, without its sums: who read these pull requests, or why nobody did."""

    status: str | None
    source: str | None
    error_code: str | None
    provider: str | None
    model: str | None


@dataclass(frozen=True)
class BotAccount:
    """One row of `read_bots`, without its counts: whether the account is a bot, and why."""

    is_bot: bool
    bot_reason: str | None
    quick_answers_share: float | None
    bot_evidence: str | None = None
    is_agent: bool = False

    @property
    def counts_as(self) -> str:
        """What it counts as, in words."""
        return name_kind(is_bot=self.is_bot, is_agent=self.is_agent)


@dataclass(frozen=True)
class StoredRun:
    """One row of `pipeline_runs`, without what it cost."""

    run_id: str
    flow: str
    state: str | None
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None
    llm_stopped: str | None


@dataclass(frozen=True)
class GitHubToken:
    """One row of `github_tokens`: never the token's value."""

    name: str
    expires_at: datetime | None
    problem: str | None
