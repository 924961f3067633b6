"""Definitions: every metric with its words and its value, and each value with exactly its pull requests."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.definitions.lab import HOW
from dashboard.pages.definitions.metrics import IN_A_PART, search
from dashboard.shell import navigation
from warehouse.metrics.formula import formula_of
from warehouse.metrics.lab.presets import TOOLS
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME, GROUPS, METRICS

Open = Callable[[Path], AppTest]


def batched(metrics: Sequence[Metric], size: int) -> list[Sequence[Metric]]:
    return [metrics[start : start + size] for start in range(0, len(metrics), size)]


def said(app: AppTest) -> str:
    return "\n".join(str(item.value) for kind in ("markdown", "caption", "code") for item in app.get(kind))


def test_every_metric_is_explained_and_the_example_adds_up(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    for subject, metrics in GROUPS.items():
        for part, shown in enumerate(batched(metrics, IN_A_PART), start=1):
            app.session_state["subject"] = subject
            app.session_state[f"part_of_{subject}"] = part
            app.switch_page(str(navigation.DEFINITIONS.script)).run()
            assert not app.exception
            found = said(app)
            for metric in shown:
                assert f"`{metric.name}`" in found
                assert metric.definition in found
                assert formula_of(metric) in found
            assert len(app.metric) == len(shown)
    steps = app.dataframe[0].value
    assert steps["What happened"].to_list()[-1] == "Merged"
    assert steps["Ends the phase"].count() == 4


def test_a_value_leads_to_its_pull_requests(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    app.query_params["find"] = "reviewed_share"
    app.switch_page(str(navigation.DEFINITIONS.script)).run()
    basis = app.metric[0].delta
    assert basis.startswith("n = ")
    app.button(key="see_reviewed_share").click().run()
    assert app.title[0].value == "Pull requests"
    assert f"**{basis.split()[2]} pull requests**" in said(app)


def test_a_search_that_finds_nothing_says_so(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    app.query_params["find"] = "[x](http://evil.example) velocity"
    app.switch_page(str(navigation.DEFINITIONS.script)).run()
    assert "velocity" in app.info[0].value
    assert "[x](" not in app.info[0].value


@pytest.mark.parametrize(
    ("text", "name"), [("CYCLE p75", "cycle_time_p75_hours"), ("gini", "review_load_gini"), ("idle_hours", "stale_prs")]
)
def test_the_search_finds_names_words_and_columns(text: str, name: str) -> None:
    assert BY_NAME[name] in search(text)


@pytest.mark.parametrize("metric", METRICS, ids=[metric.name for metric in METRICS])
def test_a_formula_reads_as_words(metric: Any) -> None:
    formula = formula_of(metric)
    assert [part for part in ("col(", "dyn", "[", "len()", "alias") if part in formula] == []


def test_formulas_say_what_is_computed() -> None:
    assert formula_of(BY_NAME["large_pr_share"]) == (
        "count_if(size_lines > 400) / count(*) over pull requests with merged_at in the period, "
        "if size_lines is not null"
    )
    assert formula_of(BY_NAME["cycle_time_p90_hours"]).startswith(
        "p90(cycle_time_hours) over pull requests with merged_at"
    )


def test_the_lab_has_a_number_under_each_definition_and_the_pull_requests_that_move_it(
    open_app: Open, seeded_home: Any
) -> None:
    app = open_app(seeded_home("complete")).run()
    app.query_params["find"] = "reviewed_share"
    app.switch_page(str(navigation.DEFINITIONS.script)).run()
    app.selectbox(key="lab").set_value("first_response_p50_hours").run()
    assert not app.exception
    values = next(frame.value for frame in app.dataframe if "Calls it" in frame.value.columns)
    assert values["Definition"].to_list() == ["prflow", *TOOLS]
    moved = next(frame.value for frame in app.dataframe if "Why" in frame.value.columns)
    of_devlake = values.iloc[1]
    assert len(moved) == sum(of_devlake[column] for column in HOW.values())
    app.segmented_control(key="lab_tool_first_response_p50_hours").set_value("Graphite").run()
    assert "the median of the authors' medians" in said(app)
    app.selectbox(key="lab").set_value("merge_p50_hours").run()
    assert not app.exception
    assert "No such number: DevLake, LinearB, Graphite, issue-metrics." in said(app)


def test_the_address_takes_names_and_titles_and_says_which_it_does_not_know(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    app.query_params["subject"], app.query_params["lab"] = "Velocity", "first_response_p50_hours"
    app.switch_page(str(navigation.DEFINITIONS.script)).run()
    assert app.selectbox(key="lab").value == "first_response_p50_hours"
    assert [box.value for box in app.info if "Subject “Velocity”" in box.value]
    app.query_params["lab"] = "evil"
    app.switch_page(str(navigation.DEFINITIONS.script)).run()
    assert not app.exception
    assert [box.value for box in app.info if "Metric to compare “evil”" in box.value]
