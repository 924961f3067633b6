"""All metrics, in the order in which documents and pages list them."""

from warehouse.metrics.accounts.lane import PERSON
from warehouse.metrics.definitions.ai import AI
from warehouse.metrics.definitions.flow import DELIVERY
from warehouse.metrics.definitions.issues import ISSUES
from warehouse.metrics.definitions.production import PRODUCTION
from warehouse.metrics.definitions.review import REVIEW
from warehouse.metrics.definitions.variants import list_in_working_hours, list_percentiles
from warehouse.metrics.definitions.work import WORK
from warehouse.metrics.metric import Metric

GROUPS: dict[str, tuple[Metric, ...]] = {
    "Delivery": DELIVERY,
    "Production": PRODUCTION,
    "Review": REVIEW,
    "AI": AI,
    "Work": WORK,
    "Percentiles": list_percentiles((*DELIVERY, *REVIEW, *PRODUCTION)),
    "Working hours": list_in_working_hours((*DELIVERY, *REVIEW)),
}
METRICS: tuple[Metric, ...] = tuple(metric for metrics in GROUPS.values() for metric in metrics)
"""Those that are there whatever is connected."""
BY_NAME = {metric.name: metric for metric in (*METRICS, *ISSUES)}

# Scopes, filters and ages need these, whatever the metric.
_ALWAYS_NEEDED = (
    "repository_id",
    "is_bot",
    "excluded_by",
    "is_complete",
    "opened_at",
    "closed_at",
    "last_activity_at",
    "submitted_at",
)


def metrics_with(*, has_issues: bool) -> tuple[Metric, ...]:
    """Return all metrics, those of issues among them if issues are read."""
    return (*METRICS, *ISSUES) if has_issues else METRICS


def groups_with(*, has_issues: bool) -> dict[str, tuple[Metric, ...]]:
    """Return all metrics by subject, those of issues among them if issues are read."""
    return GROUPS | {"Issues": ISSUES} if has_issues else GROUPS


def columns_needed(source: str, placed_by: str) -> frozenset[str]:
    """Return the columns that the metrics of one source and timestamp are computed from: a fifth of all there are."""
    needed = {*_ALWAYS_NEEDED, *PERSON.values(), placed_by}
    for metric in metrics_with(has_issues=True):
        if (metric.source, metric.placed_by) == (source, placed_by):
            for expression in (metric.value, metric.counts, metric.flag, metric.numerator, metric.denominator):
                needed |= set() if expression is None else set(expression.meta.root_names())
    return frozenset(needed)
