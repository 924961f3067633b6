"""The phases of a pull request's life, in the words of the detectors."""

from dataclasses import dataclass

from warehouse.metrics.definitions.flow import (
    CODING_P50_HOURS,
    MERGE_P50_HOURS,
    PICKUP_P50_HOURS,
    REVIEW_P50_HOURS,
    UNREVIEWED_P50_HOURS,
)
from warehouse.metrics.metric import Metric


@dataclass(frozen=True)
class Phase:
    """The words for a phase: a sentence that it slowed, one that it quickened, and a noun for what got longer."""

    metric: Metric
    column: str
    slower: str
    quicker: str
    noun: str


PHASES = (
    Phase(CODING_P50_HOURS, "coding_hours", "Coding takes longer", "Coding takes less time", "longer coding"),
    Phase(
        PICKUP_P50_HOURS,
        "pickup_hours",
        "Pull requests wait longer for a first review",
        "Pull requests get their first review sooner",
        "longer wait for review",
    ),
    Phase(
        REVIEW_P50_HOURS,
        "review_hours",
        "Reviews take longer to settle",
        "Reviews are settled sooner",
        "longer reviews",
    ),
    Phase(
        MERGE_P50_HOURS,
        "merge_hours",
        "Approved pull requests wait longer to be merged",
        "Approved pull requests are merged sooner",
        "longer wait to merge",
    ),
    Phase(
        UNREVIEWED_P50_HOURS,
        "unreviewed_hours",
        "Pull requests merged without review take longer",
        "Pull requests merged without review take less time",
        "slower merges",
    ),
)
