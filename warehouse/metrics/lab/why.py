"""Why a pull request counts differently under another definition, in a sentence: what a person wrote is not in it."""

from collections.abc import Mapping
from datetime import datetime

from warehouse.metrics.lab.rules import Rule

Row = Mapping[str, object]

_STARTS = {
    "opened_at": "the opening",
    "first_ready_at": "the first time it was ready",
    "left_draft_at": "leaving draft for the first time, or the opening",
    "first_commit_at": "the first commit",
}
_EVENTS = {"merged_at": "merged", "opened_at": "opened"}


def say_why(rule: Rule, row: Row, period: tuple[datetime, datetime]) -> str:
    """Say why: `row` has the moments of one pull request by the rule, `how` it moved, and what ours says of it."""
    match row["how"]:
        case "in":
            reasons = [_say_why_not_ours(row, period), _say_end(rule, row)]
        case "out":
            reasons = [_say_why_not_theirs(rule, row, period)]
        case _:
            reasons = [_say_start(rule, row), _say_end(rule, row)]
    return "; ".join(reason for reason in reasons if reason) or "measured between other events"


def _say_why_not_ours(row: Row, period: tuple[datetime, datetime]) -> str:
    if row["is_bot"]:
        return "opened by automation, which we count apart"
    if row["excluded_by"]:
        return f"we leave it out: {row['excluded_by']}"
    at = row["ours_at"]
    if row["our_hours"] is None or not isinstance(at, datetime):
        return "by our definition it has no such time"
    return f"we count it on {at:%Y-%m-%d}" if not period[0] <= at < period[1] else ""


def _say_why_not_theirs(rule: Rule, row: Row, period: tuple[datetime, datetime]) -> str:
    if rule.is_of_merged and row["merged_at"] is None:
        return "not merged"
    at = row[rule.placed_by]
    if isinstance(at, datetime) and not period[0] <= at < period[1]:
        return f"counted when it was {_EVENTS[rule.placed_by]}, on {at:%Y-%m-%d}"
    ends = {span.end for span in rule.spans}
    if "answered_at" in ends and row["answered_at"] is None:
        return "no answer that it counts"
    return "it has no such time"


def _say_start(rule: Rule, row: Row) -> str:
    """Say where it begins if that is not where our definition does; the first span says it."""
    start = rule.spans[0].start
    ours = "ready_at" if start != "first_commit_at" else start
    if start not in _STARTS or row[start] == row[ours]:
        return ""
    return f"begins with {_STARTS[start]}"


def _say_end(rule: Rule, row: Row) -> str:
    """Say by what it was answered, if the answer decides."""
    moments = {moment for span in rule.spans for moment in (span.start, span.end)}
    if "answered_at" not in moments:
        return ""
    if row["answered_at"] is None:
        return "nobody answered: counts as 0 h" if any(span.or_zero for span in rule.spans) else "nobody answered"
    if row["answer_kind"] == "merge":
        return "nobody answered before the merge: runs to it"
    kind = {"comment": "comment", "line": "comment on a line", "review": "review"}[str(row["answer_kind"])]
    return f"answered by a {kind} of {row['answer_login']}{_say_when(row)}"


def _say_when(row: Row) -> str:
    at, ready, merged = row["answered_at"], row["ready_at"], row["merged_at"]
    parts = [" (the author)"] if row["answer_login"] == row["author_login"] else []
    if isinstance(at, datetime) and isinstance(ready, datetime) and at < ready:
        parts.append(" before it was ready")
    if isinstance(at, datetime) and isinstance(merged, datetime) and at > merged:
        parts.append(" after the merge")
    return "".join(parts)
