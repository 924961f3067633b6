"""All metrics, in the order in which documents and pages list them."""

from warehouse.metrics.ai import AI
from warehouse.metrics.definition import Metric
from warehouse.metrics.delivery import DELIVERY
from warehouse.metrics.review import REVIEW
from warehouse.metrics.work import WORK

METRICS: tuple[Metric, ...] = (*DELIVERY, *REVIEW, *AI, *WORK)
BY_NAME = {metric.name: metric for metric in METRICS}
GROUPS: dict[str, tuple[Metric, ...]] = {"Delivery": DELIVERY, "Review": REVIEW, "AI": AI, "Work": WORK}
