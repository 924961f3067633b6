"""Clicks in charts: which point was chosen, and the pull requests or the one pull request behind it."""

from collections.abc import Sequence

from dashboard.parts.behind import Behind
from dashboard.shell.context import Context


def chosen_point(chosen: object) -> tuple[int, int] | None:
    """Return the series and the place of the point that was clicked in a chart; None if none is selected."""
    groups = getattr(getattr(chosen, "selection", None), "selected", None) or []
    points = [(int(group["series_index"]), place) for group in groups for place in group["data_indices"]]
    return points[0] if points else None


def follow(page: Context, chosen: object, behind: Sequence[Sequence[Behind | None]]) -> None:
    """Switch to the pull requests behind the point that was clicked; `behind` has one list per series."""
    point = chosen_point(chosen)
    if point is None or point[0] >= len(behind) or point[1] >= len(behind[point[0]]):
        return
    found = behind[point[0]][point[1]]
    if found is not None:
        found.open(page)
