"""All metrics, in the order in which documents and pages list them."""

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


def metrics_with(*, has_issues: bool) -> tuple[Metric, ...]:
    """Return all metrics, those of issues among them if issues are read."""
    return (*METRICS, *ISSUES) if has_issues else METRICS


def groups_with(*, has_issues: bool) -> dict[str, tuple[Metric, ...]]:
    """Return all metrics by subject, those of issues among them if issues are read."""
    return GROUPS | {"Issues": ISSUES} if has_issues else GROUPS
