"""`prflow llm agreement`: what people judged, and how often a second reading differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.events.rows import put, put_team
from tests.warehouse.week.seed import NOW
from warehouse.connection import Warehouse


def put_second(warehouse: Warehouse, count: int, flipped: int) -> None:
    versions = {"prompt_version": "2", "schema_version": "2", "model": "some-model", "read_at": NOW}
    rows = [
        {"pull_request_id": f"PR_{place}", "team_id": "acme", "first_risk": "low", "first_work_type": "docs"}
        | {"second_risk": "low", "second_work_type": "chore" if place < flipped else "docs"}
        for place in range(count)
    ]
    put(warehouse, "second_readings", *(row | versions for row in rows))


def test_both_figures_are_printed_with_their_intervals(
    warehouse: Warehouse, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    put_team(warehouse)
    put_second(warehouse, 40, 2)
    old = {"pull_request_id": "PR_0", "team_id": "acme", "model": "older", "prompt_version": "1", "schema_version": "2"}
    put(
        warehouse,
        "second_readings",
        old | {"first_risk": "low", "second_risk": "high", "read_at": NOW.replace(year=2025)},
    )
    code, out, _ = run("llm", "agreement", "acme")
    assert code == 0
    assert [line.split() for line in out.splitlines() if line.strip().startswith("work type")] == [
        ["work", "type", "2", "of", "40", "5", "%", "1", "%", "to", "17", "%"]
    ]
    _, out, _ = run("llm", "agreement", "--json")
    found = json.loads(out)
    assert (found["agreement"], [row["flipped"] for row in found["flips"]]) == ([], [2, 0, 0])
