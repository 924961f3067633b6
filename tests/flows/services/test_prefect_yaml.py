"""prefect.yaml has two readers: flows/services/prefect_yaml.py, and Prefect's own `prefect deploy`."""

import importlib
import inspect
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from dashboard.reading import runs
from flows.lifecycle.alive import LOOK_SECONDS
from flows.lifecycle.deployments import Deployment
from flows.maintenance import tidy_warehouse
from flows.services.prefect_yaml import IN_CHECKOUT, NIGHTLY_HOUR, Silence, read_facts
from flows.services.settings import ServiceSettings
from warehouse.connection import WarehouseMissing
from warehouse.progress.values import GRACE, SILENT

FACTS = read_facts()


def test_the_deployments_that_code_names_are_those_of_prefect_yaml() -> None:
    assert [entry.name for entry in FACTS.deployments] == list(Deployment)
    assert {*runs.FLOWS.values(), runs.ANALYSIS} <= set(Deployment), "the dashboard may not import flows"


@pytest.mark.parametrize("entry", FACTS.deployments, ids=lambda entry: entry.name)
def test_every_deployment_is_a_flow_of_its_own_name_in_a_module_of_its_name(entry) -> None:  # type: ignore[no-untyped-def]
    assert entry.entrypoint == f"flows.{entry.name}.{entry.name}"
    flow = getattr(importlib.import_module(f"flows.{entry.name}"), entry.name)
    assert flow.name == entry.name


@pytest.mark.parametrize("entry", FACTS.deployments, ids=lambda entry: entry.name)
def test_parameters_say_what_and_how_much_and_never_a_secret(entry) -> None:  # type: ignore[no-untyped-def]
    flow = getattr(importlib.import_module(f"flows.{entry.name}"), entry.name)
    allowed = {
        "team", "repository", "repositories", "as_of", "days_back", "history_days", "history_months", "refetch",
        "limit", "replay", "without_model", "early_numbers", "run_id",
    }  # fmt: skip
    assert set(inspect.signature(flow.fn).parameters) <= allowed


def test_no_run_holds_a_lease_which_a_server_that_restarts_would_lose() -> None:
    assert all("concurrency_limit" not in entry for entry in yaml.safe_load(IN_CHECKOUT.read_text())["deployments"])


def test_every_deployment_waits_in_a_queue_and_what_a_person_waits_for_comes_first() -> None:
    queues = {queue.name: (queue.priority, queue.concurrency_limit) for queue in FACTS.work_queues}
    assert queues == {"onboarding": (1, None), "compute": (2, 1), "sync": (3, None), "llm": (4, 2)}
    assert {entry.name: entry.work_pool.work_queue_name for entry in FACTS.deployments} == {
        "onboarding": "onboarding",
        "background": "llm",
        "refresh": "sync",
        "sync": "sync",
        "part": "sync",
        "analysis": "llm",
        "nightly": "compute",
        "maintenance": "compute",
        "weekly": "compute",
        "digest": "compute",
        "watch": "compute",
    }


@pytest.mark.parametrize(
    ("hour", "nightly", "weekly", "maintenance", "digest"),
    [
        (5, "0 5 * * *", "0 6 * * 0", "30 6 * * *", "0 8 * * 1"),
        (23, "0 23 * * *", "0 0 * * 0", "30 0 * * *", "0 2 * * 1"),
    ],
)
def test_the_hour_of_the_night_moves_all_schedules(
    hour: int, nightly: str, weekly: str, maintenance: str, digest: str
) -> None:
    crons = {entry.name: entry.schedules[0].cron for entry in read_facts(hour).deployments if entry.schedules}
    assert crons == {"nightly": nightly, "weekly": weekly, "maintenance": maintenance, "digest": digest}


def test_the_night_of_prefect_yaml_is_that_of_the_settings() -> None:
    assert ServiceSettings(_env_file=None).nightly_hour == NIGHTLY_HOUR


def test_prefect_deploy_is_told_to_pull_no_code_since_it_is_installed() -> None:
    assert yaml.safe_load(IN_CHECKOUT.read_text())["pull"] == []


def test_a_run_that_goes_silent_is_found_after_three_heartbeats() -> None:
    [seconds] = [
        one.seconds
        for one in FACTS.automations
        if isinstance(one, Silence) and one.after == "prefect.flow-run.heartbeat"
    ]
    assert {entry.work_pool.beat_seconds for entry in FACTS.deployments} == {seconds / 3}


def test_the_warehouse_knows_a_run_that_went_silent_by_the_message_of_the_automation() -> None:
    [message] = [
        one.message
        for one in FACTS.automations
        if isinstance(one, Silence) and one.after == "prefect.flow-run.heartbeat"
    ]
    assert message.startswith(SILENT)
    assert timedelta(seconds=LOOK_SECONDS) * 2 < GRACE


def test_maintenance_makes_no_warehouse_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "home"))
    with pytest.raises(WarehouseMissing):
        tidy_warehouse()
    assert not (tmp_path / "home").exists()
