"""The formula of a metric in words that a reader of SQL knows, from the expression that computes it."""

import re

import polars as pl

from warehouse.metrics.accounts.lane import count_as_person
from warehouse.metrics.metric import QUANTILES, Metric

_ROWS = {
    "pull_requests": "pull requests",
    "open_pull_requests": "pull requests open at the end of the period",
    "reviews": "reviews",
}
# How Polars writes an expression, and how it reads better.
_WORDS = (
    (re.compile(re.escape(str(count_as_person()))), "person_id"),
    (re.compile(r'col\("(\w+)"\)'), r"\1"),
    (re.compile(r"dyn (?:int|float): "), ""),
    (re.compile(r"\.fill_null\(\[false\]\)"), ""),
    (re.compile(r"\.is_in\(\[\[([^\]]*)\]\]\)"), r" in (\1)"),
    (re.compile(r"(\w+)\.is_not_null\(\)\.not\(\)"), r"\1 is null"),
    (re.compile(r"\.is_not_null\(\)"), " is not null"),
    (re.compile(r"(\w+)\.not\(\)"), r"not \1"),
    (re.compile(r"\blen\(\)"), "count(*)"),
)
_COMPARISON = re.compile(r"\[\(([^()\[\]]*)\) (\S+) \(([^()\[\]]*)\)\]")
_SUM = re.compile(r"^(.*)\.sum\(\)$")
_OF_STATISTIC = {
    "gini": "Gini coefficient of the number of reviews per reviewer",
    "review_load_top3_share": "count(reviews of the three busiest reviewers) / count(*)",
    "reviewers": "count(distinct reviewer_id)",
    "bus_factor": "fewest people with over half of count(*)",
    "reviewed_within_24h_share": "Kaplan-Meier share with first_review_at - ready_at <= 24 h",
    "merged_within_7d_share": "Kaplan-Meier share with merged_at - ready_at <= 7 days",
}


def formula_of(metric: Metric) -> str:
    """Return what is computed, over which rows, as one line: `median(x) over pull requests with y in the period`."""
    rows = _ROWS[metric.source]
    placed = "" if metric.source == "open_pull_requests" else f" with {metric.placed_by} in the period"
    condition = words_of(metric.counts)
    counted = "" if condition == "true" else f", if {condition}"
    return f"{_value_of(metric)} over {rows}{placed}{counted}"


def words_of(expression: pl.Expr) -> str:
    """Return a condition or a column in words."""
    text = str(expression)
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    while (simpler := _COMPARISON.sub(r"\1 \2 \3", text)) != text:
        text = simpler
    return text.replace("==", "=").replace('"', "'")


def _value_of(metric: Metric) -> str:
    if known := _OF_STATISTIC.get(metric.name) or _OF_STATISTIC.get(metric.statistic):
        return known
    if metric.statistic in QUANTILES:
        return f"{metric.statistic}({metric.column})"
    if metric.flag is not None:
        return f"count_if({words_of(metric.flag)}) / count(*)"
    if metric.numerator is not None and metric.denominator is not None:
        return f"{_aggregate(metric.numerator)} / {_aggregate(metric.denominator)}"
    return words_of(metric.value)


def _aggregate(expression: pl.Expr) -> str:
    return _SUM.sub(r"sum(\1)", words_of(expression))
