"""`prefect deploy` on a fresh server, as the head of prefect.yaml says, against what `prflow up` sets up."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.services import prefect_api
from flows.services.environment import real_environment
from flows.services.ports import free_port
from flows.services.prefect_yaml import read_facts
from flows.services.state import Addresses
from flows.services.supervisor import Supervisor
from tests.flows.conftest import PASSWORD, SERVER_SECONDS, post_to_prefect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
COMPARED = (
    "entrypoint", "description", "tags", "job_variables", "parameter_openapi_schema", "enforce_parameter_schema",
    "work_pool_name", "work_queue_name", "concurrency_options", "paused", "pull_steps",
)  # fmt: skip


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Start a server that knows nothing of prflow; return the environment of commands that speak to it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/api"
    supervisor = Supervisor(tmp_path / "logs")
    environment = real_environment(tmp_path, Addresses(address, port, 0, prefect_password=PASSWORD), os.environ)
    command = [sys.executable, "-m", "flows.services.prefect_server", str(port)]
    supervisor.start("server", command, environment, tmp_path)
    try:
        supervisor.wait("server", lambda: prefect_api.is_healthy(address), SERVER_SECONDS)
        yield environment
    finally:
        supervisor.end()


def run(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", *arguments], env=environment, cwd=ROOT, check=True, capture_output=True)


def read_deployments(address: str, names: set[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for one in post_to_prefect(address, "/deployments/filter", {}).json():
        if one["name"] in names:
            schedules = [(each["slug"], each["active"], each["schedule"]) for each in one["schedules"]]
            limit = (one["global_concurrency_limit"] or {}).get("limit")
            facts = {name: one[name] or None for name in COMPARED}
            # Empty definitions say nothing: one of the two leaves them out.
            facts["parameter_openapi_schema"] = {
                key: value for key, value in one["parameter_openapi_schema"].items() if key != "definitions" or value
            }
            found[one["name"]] = facts | {"schedules": schedules, "limit": limit}
    return found


def read_limits(address: str) -> dict[str, int | None]:
    found = post_to_prefect(address, "/work_pools/prflow/queues/filter", {}).json()
    return {one["name"]: one["concurrency_limit"] for one in found}


@pytest.mark.long  # what is set up, and that it is what prefect.yaml says, test_setup.py and test_prefect_yaml.py tell
def test_prefect_deploy_gives_the_same_deployments_and_setup_adds_limits_and_automations(
    prefect_server: str, fresh: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", PASSWORD)
    address = fresh["PREFECT_API_URL"]
    post_to_prefect(address, "/work_pools/", {"name": "prflow", "type": "process"})
    run(fresh, "prefect", "deploy", "--all", "--no-prompt")
    names = {one["name"] for one in post_to_prefect(address, "/deployments/filter", {}).json()}
    deployed = read_deployments(address, names)
    ours = read_deployments(prefect_server, names)
    differing = {(name, key) for name in names for key in ours[name] if ours[name][key] != deployed[name][key]}
    assert differing == set()
    assert len(deployed) == 11

    run(fresh, "flows.services.setup")
    assert read_deployments(address, names) == deployed
    limits = {queue.name: queue.concurrency_limit for queue in read_facts().work_queues}
    assert read_limits(address) == {"default": None, **limits}
    automations = {one["name"] for one in post_to_prefect(address, "/automations/filter", {}).json()}
    assert automations == {"prflow-missing-heartbeat", "prflow-never-started", "prflow-no-good-sync", "prflow-crashed"}
