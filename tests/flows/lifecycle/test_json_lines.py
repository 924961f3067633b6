"""Each line of a log as one JSON object that says which run, team and repository it is about."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.lifecycle.logs.json_lines import JsonLines
from flows.services.environment import JSON_LOGS


def line(message: str, **extra: object) -> dict[str, Any]:
    record = logging.makeLogRecord({"name": "prefect.flow_runs", "levelname": "INFO", "msg": message, **extra})
    said = JsonLines("default").format(record)
    assert "\n" not in said
    return dict(json.loads(said))


def test_a_line_says_when_what_and_of_which_run() -> None:
    found = line("acme: 3 of 7 fetched", flow_run_name="refresh/acme", flow_run_id="r1", flow_name="refresh")
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "info",
        "logger": "prefect.flow_runs",
        "message": "acme: 3 of 7 fetched",
        "run": "refresh/acme",
        "run_id": "r1",
        "flow": "refresh",
        "team": "acme",
    }


def test_repositories_come_from_the_task_or_the_message() -> None:
    task = line("done", flow_run_name="refresh/acme", task_run_name="acme: batch 3 of acme/web, acme/api.js")
    assert task["repository"] == "acme/web, acme/api.js"
    assert line("releases of acme/web: gone", flow_run_name="refresh/acme")["repository"] == "acme/web"
    assert "repository" not in line("12/13 done at https://x.example/a/b", flow_run_name="nightly/2026-11-28")
    assert "team" not in line("queued", flow_run_name="nightly/2026-11-28")


def test_hostile_text_stays_within_its_line() -> None:
    assert line('title "x"\n{"level": "forged"}\x1b[2J')["message"] == 'title "x"\n{"level": "forged"}\x1b[2J'


FLOW = """
from prefect import flow, get_run_logger, task

@task(task_run_name="acme: batch 1 of acme/web")
def fetch():
    get_run_logger().info("fetched")

@flow(name="refresh", flow_run_name="refresh/{team}")
def refresh(team: str):
    get_run_logger().warning("began")
    fetch()

refresh("acme")
"""


@pytest.mark.slow
def test_prefect_writes_its_lines_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_server: str) -> None:
    for name, value in (JSON_LOGS | {"PREFECT_API_URL": prefect_server}).items():
        monkeypatch.setenv(name, value)
    done = subprocess.run(
        [sys.executable, "-c", FLOW], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=True
    )
    lines = [json.loads(one) for one in done.stderr.splitlines() if one.startswith("{")]
    assert len(lines) == len(done.stderr.splitlines()), done.stderr
    began = next(one for one in lines if one["message"] == "began")
    assert (began["level"], began["run"], began["flow"], began["team"]) == (
        "warning", "refresh/acme", "refresh", "acme",
    )  # fmt: skip
    fetched = next(one for one in lines if one["message"] == "fetched")
    assert (fetched["team"], fetched["repository"]) == ("acme", "acme/web")
