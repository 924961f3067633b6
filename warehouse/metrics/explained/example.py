"""A worked example of each metric: a few rows, which of them count and why, and the value that comes out.

The rows are made up; which of them count and the value are computed by the same functions as every number.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from warehouse import schema
from warehouse.metrics.facts import KEY, TIMESTAMP
from warehouse.metrics.formula import words_of
from warehouse.metrics.metric import ALWAYS, Metric, MetricValue
from warehouse.metrics.periods import compute_value, select_pull_requests, was_open

START = datetime(2026, 8, 3, tzinfo=UTC)
END = START + timedelta(weeks=1)

_ABOUT = {
    KEY: ("1", "2", "3", "4", "5", "6"),
    "is_bot": (False, False, False, True, False, False),
    "excluded_by": (None,) * 6,
    "as_of": (END + timedelta(days=3),) * 6,
}
_PLACED = tuple(START + timedelta(days=days, hours=9) for days in (0, 2, 4, 3, 8, 5))
# Three that count, one by automation, one of another week, and one that lacks what most metrics need.
_VALUES: dict[str, tuple[object, ...]] = {
    "size_lines": (40, 120, 900, 2000, 10, None),
    "review_rounds": (1, 2, 4, 1, 1, None),
    "review_comments_count": (0, 3, 6, 0, 2, 0),
    "ai_level": ("assisted", "none", "authored", "none", "none", None),
    "model_cost_usd": (0.02, 0.0, 0.07, 0.01, 0.02, None),
    "author_lane": ("person", "person", "person", "automation", "person", "agent"),
    "author_id": ("ann", "ann", "bob", "renovate", "cid", "copilot"),
    "requested_by_id": (None,) * 6,
    "is_complete": (True, False, True, True, True, True),
    "has_issue": (True, False, True, True, True, None),
    "is_unplanned": (True, False, False, True, False, None),
    "is_release": (True, None, None, None, True, False),
    "closed_at": _PLACED,
    "merged_at": (*_PLACED[:5], None),
    "state": ("APPROVED", "APPROVED", "APPROVED", "APPROVED", "APPROVED", "COMMENTED"),
    "has_words": (True, False, False, False, True, True),
    "reviewer_id": ("ann", "ann", "bob", "cid", "ann", "dan"),
}
_HOURS = (4.0, 10.0, 31.0, 2.0, 8.0, None)
_FLAGS = (True, False, False, True, True, None)


def _at(*days: float | None) -> tuple[datetime | None, ...]:
    return tuple(None if day is None else START + timedelta(days=day) for day in days)


_OPEN: dict[str, tuple[object, ...]] = {
    "opened_at": _at(5, -23, -2, 1, 8, -3),
    "closed_at": _at(None, None, 9, None, None, 4),
    "last_activity_at": _at(6, -9, 6, 2, 8, 4),
}
_WITHIN: dict[str, dict[str, tuple[object, ...]]] = {
    "reviewed_within_24h_share": {
        "ready_at": _at(0, 1, 2, 3, 8, 5),
        "first_review_at": _at(0.25, 4, None, 3.1, 8.5, None),
        "closed_at": _at(2, 6, None, 4, 9, 6),
    },
    "merged_within_7d_share": {
        "ready_at": _at(0, 1, 6, 3, 8, 5),
        "merged_at": _at(2, 9.5, None, 4, 9, None),
        "closed_at": _at(2, 9.5, None, 4, 9, 6),
    },
}


@dataclass(frozen=True)
class Example:
    """Rows of the week from 2026-08-03 and around it, as text; `counts` says of each whether it counts, and why not."""

    rows: pl.DataFrame
    value: MetricValue


def make_example(metric: Metric) -> Example:
    """Return the example of a metric."""
    rows = _make_rows(metric)
    selected = select_pull_requests(metric, rows, START, END)
    counted = set(selected[KEY])
    names = _names_of(metric)
    about = "review" if metric.source == "reviews" else "pr"
    texts = [pl.Series(name, [_text(value) for value in rows[name]]) for name in names]
    why = [_say_why(metric, rows[place], is_counted=key in counted) for place, key in enumerate(rows[KEY])]
    shown = pl.DataFrame([rows[KEY].alias(about), *texts, pl.Series("counts", why)])
    return Example(shown, compute_value(metric, selected))


def draw_table(example: Example) -> str:
    """Draw the rows as a text table."""
    lines = [example.rows.columns, *(list(row) for row in example.rows.iter_rows())]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    padded = (" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def say_result(metric: Metric, value: MetricValue) -> str:
    """Say what comes out: `value 10, n 3`, and whether that many are shown."""
    parts = [f"value {_text(value.value)}"]
    if metric.numerator is not None and not metric.is_censored:
        parts.append(f"numerator {_text(value.numerator)}, denominator {_text(value.denominator)}")
    few = f" (too few to show: {metric.min_n} are needed)" if value.is_too_few else ""
    return f"{', '.join(parts)}, n {value.n}{few}"


def _names_of(metric: Metric) -> list[str]:
    """Return the columns that decide, the timestamp first."""
    if metric.source == "open_pull_requests":
        return list(_OPEN)
    expressions = (metric.counts, metric.value, metric.flag)
    used = [name for each in expressions if each is not None for name in each.meta.root_names()]
    return list(dict.fromkeys([metric.placed_by, *used]))


def _make_rows(metric: Metric) -> pl.DataFrame:
    if metric.source == "open_pull_requests":
        columns = _OPEN
    else:
        known = _WITHIN.get(metric.name, {})
        names = [name for name in _names_of(metric) if name not in _ABOUT]
        columns = {name: known.get(name) or _values_of(metric, name) for name in names}
    rows = {"is_complete": (True,) * 6} | _ABOUT | columns
    return pl.DataFrame([pl.Series(name, values, dtype=_type_of(name)) for name, values in rows.items()])


def _type_of(name: str) -> pl.DataType:
    """Return the type of a column; those of reviews are not in a table."""
    if name.endswith("_at") or name == "as_of":
        return TIMESTAMP
    known = schema.polars_schema(schema.pull_request_metrics)
    return known.get(name, pl.Boolean() if name.startswith("has_") else pl.String())


def _values_of(metric: Metric, name: str) -> tuple[object, ...]:
    if name == metric.placed_by:
        return _PLACED
    if name == "work_type":
        own = metric.name.removeprefix("work_").removesuffix("_share")
        return (own, "feature" if own != "feature" else "bugfix", own, own, own, None)
    if name in _VALUES:
        return _VALUES[name]
    is_flag = name.startswith(("is_", "has_"))
    values: tuple[object, ...] = _FLAGS if is_flag else _HOURS
    # What never lacks it has a value in the last row, too.
    return values if metric.counts is not ALWAYS else (*values[:5], False if is_flag else 12.0)


def _say_why(metric: Metric, row: pl.DataFrame, *, is_counted: bool) -> str:
    """Say whether the one row counts, and if not, what keeps it out."""
    if is_counted:
        return "yes"
    if row["is_bot"][0] and not metric.include_bots:
        return "no: opened by automation"
    if metric.source == "open_pull_requests":
        if row.filter(was_open(END)).is_empty():
            return "no: not open at the end of the week"
    elif not START <= row[metric.placed_by][0] < END:
        return "no: another week"
    return f"no: not “{words_of(metric.counts)}”"


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%a %d %b %H:%M}"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
