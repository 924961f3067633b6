"""`prflow metrics compare`: a table of definitions, and the pull requests that move each number."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.stored_team import store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.connection import Warehouse
from warehouse.measure import measure_team
from warehouse.metrics.lab.presets import PRESETS

FACTS = make_facts(
    repositories="""
        repo | full_name
        R1   | acme/api
        R2   | acme/web
    """,
    pull_requests="""
        pr | repo | title | opened    | merged
        1  | R1   | One   | Mon 00:00 | Tue 00:00
        2  | R2   | Two   | Mon 00:00 | Tue 00:00
    """,
    comments="""
        pr | by    | author_kind | at
        1  | ci    | Bot         | Mon 01:00
        1  | \x1b[2J | User      | Mon 08:00
    """,
)


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    store(warehouse, FACTS)
    measure_team(warehouse, "acme", AS_OF)
    warehouse.close()


@pytest.mark.usefixtures("acme")
def test_the_table_has_each_definition_and_what_moves_it_is_named(run: Any) -> None:
    code, out, _ = run("metrics", "compare", "first_response_p50_hours")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[2] == "prflow Time to first response median 8.0 8.0 1"
    assert lines[3] == "DevLake PR pickup time mean 0.5 0.5 2 1 0 1"
    assert "acme/api#1 changed 8.0 1.0 answered by a comment of ci" in lines
    assert "\x1b" not in out
    _, out, _ = run("metrics", "compare", "first_response_p50_hours", "acme", "--repo", "acme/web", "--json")
    found = json.loads(out)
    assert [one["n"] for one in found["definitions"]] == [0, 1, 1, 1, 0, 0]
    assert found["definitions"][1]["moved"][0]["full_name"] == "acme/web"
    _, out, _ = run("metrics", "compare", "merge_p50_hours", "--json")
    assert json.loads(out)["without_such_a_number"] == ["DevLake", "LinearB", "Graphite", "issue-metrics"]


@pytest.mark.usefixtures("acme")
def test_what_cannot_be_compared_is_one_sentence_and_what_can_be(run: Any) -> None:
    for arguments, words in {
        ("opened_prs",): ", ".join(PRESETS),
        ("first_response",): "first_response_p50_hours",
        ("pickup_p50_hours", "--repo", "acme/none"): "acme/none is not followed",
    }.items():
        code, out, err = run("metrics", "compare", *arguments)
        assert (code, out) == (1, "")
        assert words in " ".join(err.split())
