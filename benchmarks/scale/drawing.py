"""Draw how a night grows with the team: CPU seconds and memory over pull requests, as an SVG for docs/scale.md."""

from collections.abc import Callable, Iterator, Sequence
from math import log10
from typing import TYPE_CHECKING

from benchmarks.document import SCALE

if TYPE_CHECKING:
    from benchmarks.scale.bench import Measured

PICTURE = SCALE.parent / "pictures" / "scale.svg"
WIDTH, HEIGHT, LEFT, TOP = 300, 190, 56, 34
# A colour and a dash each, so that the lines differ without colour, too.
LINES = {"quiet": ("#1f6feb", ""), "busy": ("#b35900", "6 3")}
Value = Callable[["Measured"], float]
PANELS: tuple[tuple[str, Value], ...] = (
    ("CPU seconds", lambda one: one.cpu_seconds),
    ("Peak memory, MB", lambda one: one.peak_mb),
)


def write(found: "Sequence[Measured]") -> None:
    """Write the picture: both axes are logarithmic, so that what grows with the pull requests is a straight line."""
    PICTURE.write_text("\n".join(draw(found)) + "\n", encoding="utf-8")


def draw(found: "Sequence[Measured]") -> Iterator[str]:
    full = (WIDTH + 2 * LEFT) * len(PANELS)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {HEIGHT + 3 * TOP}" role="img" '
        'font-family="sans-serif" font-size="12">'
    )
    yield "<title>CPU seconds and memory of a night over the number of pull requests</title>"
    yield f'<rect width="{full}" height="{HEIGHT + 3 * TOP}" fill="#ffffff"/>'
    for place, (title, value) in enumerate(PANELS):
        yield f'<g transform="translate({place * (WIDTH + 2 * LEFT) + LEFT} {TOP})">'
        yield from _panel(title, value, [one for one in found if one.step in LINES])
        yield "</g>"
    yield "</svg>"


def _panel(title: str, value: Value, found: "Sequence[Measured]") -> Iterator[str]:
    across, up = _axis([one.count for one in found]), _axis([value(one) for one in found])
    yield f'<text y="-14" font-weight="bold">{title}</text>'
    yield f'<path d="M0 0V{HEIGHT}H{WIDTH}" fill="none" stroke="#57606a"/>'
    for step, (colour, dash) in LINES.items():
        points = [
            (across(one.count) * WIDTH, HEIGHT - up(value(one)) * HEIGHT, one) for one in found if one.step == step
        ]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        for x, y, one in points:
            yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>'
            above = -7 if step == "busy" else 16
            yield f'<text x="{x:.0f}" y="{y + above:.0f}" text-anchor="middle" fill="{colour}">{value(one):,.0f}</text>'
    for count in sorted({one.count for one in found}):
        yield f'<text x="{across(count) * WIDTH:.0f}" y="{HEIGHT + 18}" text-anchor="middle">{count:,}</text>'
    yield f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT + 38}" text-anchor="middle">pull requests; dashed: busy night</text>'


def _axis(values: Sequence[float]) -> Callable[[float], float]:
    """Return what places a value between 0.06 and 0.94, by its logarithm."""
    low, high = log10(max(min(values), 0.1)), log10(max(*values, 0.2))
    return lambda value: 0.06 + 0.88 * (log10(max(value, 0.1)) - low) / ((high - low) or 1.0)
