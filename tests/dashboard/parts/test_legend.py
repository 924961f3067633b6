"""A legend shows all of its names if three lines hold them, and the chart begins below it."""

import pytest

from dashboard.parts.charts import GRID, LEGEND, PHASE_TITLES, axis_label, legend_of
from dashboard.parts.parts_of_ai import SIDE_TITLES
from dashboard.shell.filters import AI
from warehouse.metrics.phases import PHASES
from warehouse.metrics.registry import BY_NAME


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


def test_the_legend_of_phases_is_shown_whole_on_a_phone() -> None:
    assert legend_of(list(PHASE_TITLES.values()))[0]["type"] == "plain"


def test_a_name_stands_for_one_number_on_every_page() -> None:
    """Charts once called another metric "Waiting for review" than tables did, and a part of "AI-assisted" so, too."""
    titles = [metric.title for metric in BY_NAME.values()]
    assert len(titles) == len(set(titles))
    assert [PHASE_TITLES[phase] for phase in PHASES] == [BY_NAME[f"{phase}_p50_hours"].title for phase in PHASES]
    assert not set(SIDE_TITLES.values()) & {*AI.values(), *(metric.label for metric in BY_NAME.values())}


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (["opened_prs", "merged_prs"], "{value} PRs"),
        (["open_prs"], "{value} PRs"),
        (["submitted_reviews"], "{value}"),
        (["opened_prs", "submitted_reviews"], "{value}"),
        (["cycle_time_p50_hours"], "{value} h"),
        (["model_cost_per_merged_pr"], "${value}"),
    ],
)
def test_an_axis_says_its_unit(names: list[str], label: str) -> None:
    assert axis_label([BY_NAME[name] for name in names]) == label
