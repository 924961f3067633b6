"""Explain why a pull request is, or is not, on the pages.

Everything is read from the warehouse; GitHub is not asked. So what changed on GitHub after the last scan is unknown
here, and a number that no scan has listed can only be placed by the pull requests around it: GitHub numbers the issues
and pull requests of a repository in the order in which they are created.
"""

from warehouse.reads.explanation.values import (
    Cause,
    Explanation,
    PullRequestReference,
    Step,
    StepName,
    StepState,
    parse_reference,
)
from warehouse.reads.explanation.walk import explain_pull_request

__all__ = [
    "Cause",
    "Explanation",
    "PullRequestReference",
    "Step",
    "StepName",
    "StepState",
    "explain_pull_request",
    "parse_reference",
]
