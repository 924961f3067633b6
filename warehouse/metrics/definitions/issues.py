"""The metrics of issues: there only if issues of Jira are read."""

import polars as pl

from warehouse.metrics.metric import NO_BOTS, Metric, median, share

_KNOWN = pl.col("has_issue").is_not_null()

ISSUE_SHARE = Metric(
    name="issue_share",
    title="Pull requests with an issue",
    short_title="With an issue",
    unit="share",
    better="higher",
    question="Is it known what the work was for?",
    definition="Merged pull requests that name an issue of Jira by its key, in title, branch, body or commits, of all "
    "merged. A key that Jira never returned does not count.",
    source_fields=("jira_links.issue_id", "jira_sites.read_at", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=_KNOWN,
    exclusions=f"{NO_BOTS}. All of them until issues were read once; later those opened after the last complete "
    "reading, and those that name a key for which Jira was not asked yet",
    **share("has_issue"),
)
ISSUE_TO_MERGE = Metric(
    name="issue_to_merge_p50_hours",
    title="From in progress to merge",
    unit="hours",
    better="lower",
    question="How long does it take from the beginning of the work to the merge?",
    definition="Median over merged pull requests of the hours from the first time that the issue was in a status of "
    "the category In Progress to the merge. Several pull requests of one issue count from the same beginning.",
    source_fields=("jira_transitions.changed_at", "jira_issues.started_at", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=pl.col("issue_to_merge_hours").is_not_null(),
    exclusions=f"{NO_BOTS}. Those without an issue, and issues that were never in progress before the merge",
    **median("issue_to_merge_hours"),
)
ISSUE_TO_PRODUCTION = Metric(
    name="issue_to_production_p50_hours",
    title="From in progress to production",
    unit="hours",
    better="lower",
    question="How long does it take until the work reaches its users?",
    definition="Median over merged pull requests of the hours from the first time that the issue was in progress to "
    "the first successful deployment to production that is known to contain it.",
    source_fields=("jira_issues.started_at", "deployments.environment", "deployments.succeeded_at"),
    placed_by="merged_at",
    counts=pl.col("issue_to_production_hours").is_not_null(),
    exclusions=f"{NO_BOTS}. Those without an issue that was in progress, and those that no deployment to "
    "production is known to contain",
    **median("issue_to_production_hours"),
)
UNPLANNED_SHARE = Metric(
    name="unplanned_share",
    title="Unplanned work",
    unit="share",
    better="lower",
    question="How much of the work was not planned?",
    definition="Merged pull requests whose issue is a bug, an incident or a problem, or of a type that the team calls "
    "unplanned, of all merged with an issue.",
    source_fields=("jira_issues.issue_type", "team_settings.value", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=pl.col("is_unplanned").is_not_null(),
    exclusions=f"{NO_BOTS}. Those without an issue",
    **share("is_unplanned"),
)

ISSUES = (ISSUE_SHARE, ISSUE_TO_MERGE, ISSUE_TO_PRODUCTION, UNPLANNED_SHARE)
