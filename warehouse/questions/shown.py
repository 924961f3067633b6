"""Which metrics are shown: those of issues only while Jira is switched on."""

from collections.abc import Mapping

from warehouse.flags import is_jira_on
from warehouse.metrics.metric import Metric
from warehouse.metrics.outcomes.team_rules import Rule
from warehouse.metrics.registry import groups_with, metrics_with


def shown_metrics() -> tuple[Metric, ...]:
    """Return the metrics in their order."""
    return metrics_with(has_issues=is_jira_on())


def shown_groups() -> Mapping[str, tuple[Metric, ...]]:
    """Return the metrics by subject."""
    return groups_with(has_issues=is_jira_on())


def is_shown(metric: Metric) -> bool:
    """Return whether a metric is shown."""
    return metric in shown_metrics()


def shown_rules() -> tuple[Rule, ...]:
    """Return the kinds of rules of a team."""
    return tuple(rule for rule in Rule if rule is not Rule.UNPLANNED or is_jira_on())
