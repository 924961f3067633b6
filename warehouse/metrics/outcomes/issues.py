"""What pull requests are for, by the issues that they name: type, epic, beginning of the work, production.

A pull request counts for the first issue that it names and that Jira has. A later one of the same issue counts from the
same beginning. What Jira no longer returns keeps what was known of it.
"""

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.outcomes.production import find_production
from warehouse.metrics.outcomes.team_rules import Rule, TeamRules, matches

# What Jira's own templates call what nobody planned. A team adds its own: `prflow rules --add unplanned=Outage`.
SHIPPED_UNPLANNED = ("Bug", "Incident", "[System] Incident", "Problem", "[System] Problem", "Defect", "Hotfix")


def find_issues(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request: what is known of its issue; `has_issue` is NULL while no issues are read."""
    pull_requests = facts.pull_requests.select(KEY_OF_PULL_REQUEST, "repository_id", "merged_at")
    if not facts.has_issues:
        return pull_requests.select(KEY).with_columns(has_issue=pl.lit(None, pl.Boolean))
    rules = TeamRules.of(facts.team_settings.select("name", "value").iter_rows())
    epics = facts.jira_issues.select(epic_id="id", epic_key="key")
    issues = facts.jira_issues.rename({"id": "issue_id", "key": "issue_key", "started_at": "issue_started_at"})
    main = (
        facts.jira_links.drop_nulls("issue_id")
        .sort(KEY, "rank", "issue_key")
        .unique(KEY, keep="first", maintain_order=True)
        .select(KEY, "issue_id")
        .join(issues.join(epics, on="epic_id", how="left"), on="issue_id", how="inner")
    )
    found = pull_requests.join(main, on=KEY, how="left").join(find_production(facts), on=KEY, how="left")
    started = pl.col("issue_started_at")
    return found.select(
        KEY,
        "issue_key",
        "issue_type",
        "epic_key",
        "issue_started_at",
        has_issue=pl.col("issue_id").is_not_null(),
        is_unplanned=pl.when(pl.col("issue_type").is_not_null()).then(_is_unplanned(rules)),
        issue_to_merge_hours=_hours_between(started, pl.col("merged_at")),
        issue_to_production_hours=_hours_between(started, pl.col("in_production_at")),
    )


KEY_OF_PULL_REQUEST = pl.col("id").alias(KEY)


def _is_unplanned(rules: TeamRules) -> pl.Expr:
    patterns = (*SHIPPED_UNPLANNED, *rules.of_kind(Rule.UNPLANNED))
    return pl.any_horizontal(*(matches(pl.col("issue_type"), one) for one in patterns))


def _hours_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the hours; NULL if either is not known, or if work began only after the end."""
    return pl.when(start <= end).then((end - start).dt.total_microseconds() / 3_600_000_000)
