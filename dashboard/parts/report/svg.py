"""Charts of a report as SVG: lines by week, and stacked bars of shares."""

from collections.abc import Sequence

import polars as pl
from markupsafe import Markup, escape

from dashboard.parts.charts import LIGHT, PHASE_TITLES
from dashboard.reading import format
from warehouse.metrics.metric import Metric
from warehouse.metrics.phases import PHASES

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 28, 24
MAX_LABELS = 8


def draw_lines(weekly: pl.DataFrame, metrics: Sequence[Metric]) -> Markup:
    """Draw one line per metric, with a gap where a week has no value; hollow points are weeks that are not complete."""
    weeks = weekly["week_start"].unique().sort().to_list()
    top = max([float(value) for value in weekly["value"].drop_nulls()], default=0.0) or 1.0
    xs = {week: _x(place, len(weeks)) for place, week in enumerate(weeks)}
    parts = [_axis(top, metrics[0].unit), _labels([f"{week:%d %b}" for week in weeks])]
    for metric, color in zip(metrics, LIGHT, strict=False):
        rows = weekly.filter(pl.col("metric") == metric.name).sort("week_start")
        points = [
            (xs[week], _y(value / top), complete)
            for week, value, complete in rows.select("week_start", "value", "is_complete").iter_rows()
            if value is not None
        ]
        path = " ".join(f"{'M' if place == 0 else 'L'}{x:.1f} {y:.1f}" for place, (x, y, _) in enumerate(points))
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="2"/>' if points else "")
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color if complete else "#fff"}" stroke="{color}"/>'
            for x, y, complete in points
        ]
    parts.append(_legend([metric.label for metric in metrics]))
    return _svg(parts, ", ".join(metric.title for metric in metrics) + " by week")


def draw_shares(by_week: pl.DataFrame) -> Markup:
    """Stack the shares of the phases by week, of all hours from the first commit to the merge."""
    weeks = by_week["week_start"].to_list()
    width = 0.7 * (WIDTH - LEFT - RIGHT) / max(1, len(weeks))
    parts = [_axis(1.0, "share"), _labels([f"{week:%d %b}" for week in weeks])]
    for place in range(len(weeks)):
        at = 0.0
        for phase, color in zip(PHASES, LIGHT, strict=False):
            share = (by_week[f"{phase}_share"][place] or 0.0) / 100
            x, y, height = _x(place, len(weeks)) - width / 2, _y(at + share), _y(at) - _y(at + share)
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>')
            at += share
    parts.append(_legend([PHASE_TITLES[phase] for phase in PHASES]))
    return _svg(parts, "Shares of the phases by week")


def _svg(parts: Sequence[str], title: str) -> Markup:
    inner = "".join(parts)
    label = escape(title)
    return Markup(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{inner}</svg>')  # noqa: S704


def _x(place: int, count: int) -> float:
    """Return the middle of the place, so that bars at both ends fit."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(1, count)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _axis(top: float, unit: str) -> str:
    """Draw lines at nothing, the half and the top, each with its value and unit."""
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _y(share)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        text = escape(format.measure(share * top, unit))
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(lines)


def _labels(texts: Sequence[str]) -> str:
    step = max(1, -(-len(texts) // MAX_LABELS))
    return "".join(
        f'<text x="{_x(place, len(texts)):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(text)}</text>'
        for place, text in enumerate(texts)
        if place % step == 0
    )


def _legend(names: Sequence[str]) -> str:
    parts, x = [], float(LEFT)
    for name, color in zip(names, LIGHT, strict=False):
        parts.append(f'<rect x="{x:.0f}" y="6" width="10" height="10" fill="{color}"/>')
        parts.append(f'<text x="{x + 14:.0f}" y="15">{escape(name)}</text>')
        x += 30 + 6.5 * len(name)
    return "".join(parts)
