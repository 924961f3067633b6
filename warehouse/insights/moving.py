"""The metrics whose movement the detectors look for."""

from warehouse.insights.phases import PHASES
from warehouse.metrics.definitions.ai import AI_ASSISTED_SHARE
from warehouse.metrics.definitions.flow import LARGE_PR_SHARE, REVERTED_SHARE
from warehouse.metrics.definitions.review import REVIEWED_SHARE

MOVING = (
    *(phase.metric for phase in PHASES),
    REVIEWED_SHARE,
    LARGE_PR_SHARE,
    REVERTED_SHARE,
    AI_ASSISTED_SHARE,
)
