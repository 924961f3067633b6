"""`prflow metrics list` and `show`: they need no warehouse, and say all that the registry says."""

import json
from pathlib import Path
from typing import Any

import pytest

from warehouse.metrics.registry import METRICS


@pytest.fixture(autouse=True)
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no warehouse, neither here nor at home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "home"))


def test_the_list_has_every_metric_with_its_unit_and_its_question(run: Any) -> None:
    code, out, _ = run("metrics", "list")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    for metric in METRICS:
        assert metric.question in lines[metric.name]
        assert f" {metric.unit} " in lines[metric.name]
    assert " people " in lines["merged_prs"]


def test_the_list_as_json_names_the_grains(run: Any) -> None:
    code, out, _ = run("metrics", "list", "--json")
    found = {row["metric"]: row for row in json.loads(out)}
    assert code == 0
    assert list(found) == [metric.name for metric in METRICS]
    assert found["merged_prs"]["grains"] == ["organisation", "repository", "GitHub team", "person"]
    assert found["bus_factor"]["grains"] == ["organisation", "repository", "GitHub team"]


# One of each kind: what is printed of the others is made in the same way.
OF_EACH_KIND = {(metric.source, metric.statistic, metric.unit): metric for metric in METRICS}.values()


@pytest.mark.parametrize("metric", OF_EACH_KIND, ids=lambda metric: metric.name)
def test_a_metric_is_explained_with_definition_least_n_example_and_sql(metric: Any, run: Any) -> None:
    code, out, _ = run("metrics", "show", metric.name)
    assert code == 0
    assert metric.definition in out
    assert "| counts" in out
    assert f"metric = '{metric.name}'" in out
    assert (f"shown from {metric.min_n} on" in " ".join(out.split())) == bool(metric.min_n)


def test_as_json_the_example_has_its_rows_and_what_comes_out(run: Any) -> None:
    code, out, _ = run("metrics", "show", "pr_size_p50_lines", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["example"]["value"], found["example"]["n"], found["min_n"]) == (120, 3, 3)
    assert found["example"]["rows"][3]["counts"] == "no: opened by automation"


def test_a_name_that_there_is_not_gets_similar_ones(run: Any) -> None:
    code, out, err = run("metrics", "show", "cycle_time")
    assert (code, out) == (1, "")
    assert "There is no metric cycle_time." in err
    assert "cycle_time_p50_hours" in err
