"""The shares that may move, in the words of the detectors."""

from dataclasses import dataclass
from typing import Literal

from warehouse.metrics.definitions.ai import AI_ASSISTED_SHARE
from warehouse.metrics.definitions.flow import LARGE_PR_SHARE, REVERTED_SHARE
from warehouse.metrics.definitions.review import REVIEWED_SHARE
from warehouse.metrics.metric import Metric

Severity = Literal["warning", "info", "good"]


@dataclass(frozen=True)
class Share:
    """The words for a share that rose or fell, each with its severity; `is_of_rest` if they are about the others."""

    metric: Metric
    rose: tuple[str, Severity] | None
    fell: tuple[str, Severity] | None
    is_of_rest: bool = False


SHARES = (
    Share(
        REVIEWED_SHARE,
        rose=("Fewer pull requests are merged without review", "good"),
        fell=("More pull requests are merged without review", "warning"),
        is_of_rest=True,
    ),
    Share(
        LARGE_PR_SHARE,
        rose=("More of the merged pull requests are large", "warning"),
        fell=("Fewer of the merged pull requests are large", "good"),
    ),
    Share(
        REVERTED_SHARE,
        rose=("More of the merged pull requests are reverted", "warning"),
        fell=None,  # a recent pull request has had less time to be reverted
    ),
    Share(
        AI_ASSISTED_SHARE,
        rose=("More of the merged pull requests show signs of AI", "info"),
        fell=("Fewer of the merged pull requests show signs of AI", "info"),
    ),
)
