"""What pull requests are for, by the issues that they name: type, epic, beginning of the work, production.

A pull request counts for the first issue that it names and that Jira has. A later one of the same issue counts from the
same beginning. What Jira no longer returns keeps what was known of it.

Whether one has an issue is known only once Jira was asked for the keys that it names: while Jira cannot be reached,
none is said to have no issue.
"""

import polars as pl

from warehouse.metrics.facts import KEY, TIMESTAMP, Facts
from warehouse.metrics.outcomes.production import find_production
from warehouse.metrics.outcomes.team_rules import Rule, TeamRules, matches

# What Jira's own templates call what nobody planned. A team adds its own: `prflow rules --add unplanned=Outage`.
SHIPPED_UNPLANNED = ("Bug", "Incident", "[System] Incident", "Problem", "[System] Problem", "Defect", "Hotfix")


def find_issues(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request: what is known of its issue.

    `has_issue` is NULL before the first complete reading of issues, for what was opened after the last one, and where
    Jira was not asked yet for a key that would decide it.
    """
    pull_requests = facts.pull_requests.select(KEY_OF_PULL_REQUEST, "repository_id", "created_at", "merged_at")
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
    found = found.join(_find_unasked(facts), on=KEY, how="left")
    started = pl.col("issue_started_at")
    return found.select(
        KEY,
        "issue_key",
        "issue_type",
        "epic_key",
        "issue_started_at",
        has_issue=_has_issue(facts),
        is_unplanned=pl.when(pl.col("issue_type").is_not_null()).then(_is_unplanned(rules)),
        issue_to_merge_hours=_hours_between(started, pl.col("merged_at")),
        issue_to_production_hours=_hours_between(started, pl.col("in_production_at")),
    )


KEY_OF_PULL_REQUEST = pl.col("id").alias(KEY)


def _has_issue(facts: Facts) -> pl.Expr:
    """Return whether it has an issue, if that is known.

    Of those that came after the last complete reading all are unknown, also those that name an issue that is known:
    a share of these alone would be 100 %, and of those that name no key 0 %.
    """
    read_at = pl.lit(facts.jira_sites["read_at"].max(), TIMESTAMP)
    has_issue = pl.col("issue_id").is_not_null()
    is_known = (pl.col("created_at") <= read_at) & (has_issue | pl.col("_is_unasked").is_null())
    return pl.when(is_known).then(has_issue)


def _find_unasked(facts: Facts) -> pl.DataFrame:
    """Return the pull requests that name a key for which Jira was not asked yet."""
    is_unasked = pl.col("state").is_null() & pl.col("issue_id").is_null()
    return facts.jira_links.filter(is_unasked).select(KEY, _is_unasked=pl.lit(value=True)).unique(KEY)


def _is_unplanned(rules: TeamRules) -> pl.Expr:
    patterns = (*SHIPPED_UNPLANNED, *rules.of_kind(Rule.UNPLANNED))
    return pl.any_horizontal(*(matches(pl.col("issue_type"), one) for one in patterns))


def _hours_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the hours; NULL if either is not known, or if work began only after the end."""
    return pl.when(start <= end).then((end - start).dt.total_microseconds() / 3_600_000_000)
