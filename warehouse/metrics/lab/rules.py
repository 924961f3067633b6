"""What a rule of another tool is made of: which events count, between which of them it measures, of what, and how.

A rule says nothing about that tool's own data: it is applied to what is stored here.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["comment", "line", "review"]
Bots = Literal["counted", "by type", "by type and name"]
Average = Literal["mean", "median", "median of people's medians"]
Moment = Literal[
    "first_commit_at", "opened_at", "first_ready_at", "left_draft_at", "answered_at", "approved_at", "merged_at"
]

EVERYTHING: frozenset[Kind] = frozenset({"comment", "line", "review"})
REVIEWS: frozenset[Kind] = frozenset({"review"})
# Middleware's test of names: "bot" as a word of its own, between hyphens, underscores, spaces and brackets.
BOT_NAME = r"(?i)(^|[-_\s\[])bot($|[-_\s\]])"


@dataclass(frozen=True)
class Answers:
    """Which events answer a pull request.

    With `since`, only those from that time on; with `by_another`, only those by another account than the author's. Of
    a kind in `first`, only so many are looked at, the oldest first. `or_merge`: without an answer the merge is one.
    """

    kinds: frozenset[Kind] = EVERYTHING
    bots: Bots = "counted"
    by_another: bool = True
    since: Moment | None = None
    first: tuple[tuple[Kind, int], ...] = ()
    or_merge: bool = False


@dataclass(frozen=True)
class Span:
    """From `start` to `end`, in hours: nothing if either is missing or it would be negative, or 0 if `or_zero`.

    With `may_be_negative` a negative one is taken as it is.
    """

    start: Moment
    end: Moment
    or_zero: bool = False
    may_be_negative: bool = False


@dataclass(frozen=True)
class Rule:
    """How a tool computes a number: the sum of its spans, of the pull requests that `placed_by` puts into the period.

    `name` is what the tool calls it, `sentence` the rule in words, `source` where the tool says so.
    """

    tool: str
    name: str
    sentence: str
    source: str
    spans: tuple[Span, ...]
    placed_by: Moment
    average: Average
    answers: Answers = Answers()
    is_of_merged: bool = True
