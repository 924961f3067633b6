"""All metrics, in the order in which documents and pages list them."""

from warehouse.metrics.definitions.ai import AI
from warehouse.metrics.definitions.flow import DELIVERY
from warehouse.metrics.definitions.review import REVIEW
from warehouse.metrics.definitions.work import WORK
from warehouse.metrics.metric import Metric

METRICS: tuple[Metric, ...] = (*DELIVERY, *REVIEW, *AI, *WORK)
BY_NAME = {metric.name: metric for metric in METRICS}
GROUPS: dict[str, tuple[Metric, ...]] = {"Delivery": DELIVERY, "Review": REVIEW, "AI": AI, "Work": WORK}
