"""A legend shows all of its names if three lines hold them, and the chart begins below it."""

import pytest

from dashboard.parts.charts import GRID, LEGEND, legend_of


@pytest.mark.parametrize(
    ("names", "kind", "below"),
    [
        (["Cycle time", "Time to first review"], "scroll", 40),
        (["Reviewed before merge", "Approved without a comment", "Response by an AI reviewer"], "plain", 59),
        (["storefront", "orders-api", "payments", "mobile", "platform", "analytics-pipelines"], "plain", 59),
        ([f"a-repository-with-a-long-name-{number}" for number in range(9)], "scroll", 40),
        ([], "scroll", 40),
    ],
)
def test_a_legend_has_as_many_lines_as_its_names_need(names: list[str], kind: str, below: int) -> None:
    legend, grid = legend_of(names)
    assert (legend["type"], grid["top"]) == (kind, below)
    assert legend.keys() == LEGEND.keys()
    assert grid.keys() == GRID.keys()
