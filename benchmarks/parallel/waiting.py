"""What runs that wait cost Prefect's server: its CPU seconds a minute, with many of them and with none."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateName
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_HOME, temporary_settings

from flows.lifecycle.deployments import Deployment
from flows.services import prefect_api
from flows.services.environment import real_environment
from flows.services.ports import free_port
from flows.services.prefect_yaml import read_facts
from flows.services.settings import ServiceSettings
from flows.services.setup import load_flows, set_up
from flows.services.state import Addresses
from flows.services.supervisor import Supervisor
from flows.services.worker import make_worker

ACCOUNT = "prflow:of-the-benchmark"
SETTLED_SECONDS = 30
HEARTBEAT_SECONDS = 30


def measure(waiting: int, seconds: int) -> tuple[float, float]:
    """Return the server's CPU seconds a minute without runs that wait, and with `waiting` of them."""
    with server() as pid:
        idle = asyncio.run(watch(pid, seconds))
        with get_client(sync_client=True) as client:
            known = client.read_deployment_by_name(Deployment.REFRESH.path)
            for place in range(waiting):
                client.create_flow_run_from_deployment(known.id, parameters={"team": f"team-{place}"})
            wait_until_late(client, waiting)
        return idle, asyncio.run(watch(pid, seconds))


def wait_until_late(client: SyncPrefectClient, count: int) -> None:
    """Wait until the server has marked all of them as late, which it does once."""
    late = FlowRunFilter(state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Late"])))
    while len(client.read_flow_runs(flow_run_filter=late)) < count:
        time.sleep(2)


@contextmanager
def server() -> Iterator[int]:
    """Start a server as `prflow up` does, set up; yield the id of its process."""
    with tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder), free_port()
        address = f"http://127.0.0.1:{port}/api"
        supervisor = Supervisor(home / "logs")
        environment = real_environment(home, Addresses(address, port, 0, prefect_password=ACCOUNT), os.environ)
        command = [sys.executable, "-m", "flows.services.prefect_server", str(port)]
        child = supervisor.start("server", command, environment, home)
        os.environ["PREFECT_API_AUTH_STRING"] = ACCOUNT
        client = {PREFECT_API_URL: address, PREFECT_API_AUTH_STRING: ACCOUNT, PREFECT_HOME: home / "client"}
        try:
            with temporary_settings(client):
                supervisor.wait("server", lambda: prefect_api.is_healthy(address), 180)
                facts = read_facts()
                set_up(facts, load_flows(facts))
                yield child.pid
        finally:
            supervisor.end()


async def watch(pid: int, seconds: int) -> float:
    """Return the server's CPU seconds a minute while a worker of prflow without room looks for runs once a second."""
    async with make_worker("prflow", ServiceSettings(worker_runs=1)) as worker:
        worker.limiter.acquire_on_behalf_of_nowait("a run that has the room")
        await look(worker, SETTLED_SECONDS)
        before, began = cpu_seconds(pid), time.monotonic()
        await look(worker, seconds)
        return (cpu_seconds(pid) - before) / (time.monotonic() - began) * 60


async def look(worker: object, seconds: int) -> None:
    for second in range(seconds):
        await worker.get_and_submit_flow_runs()  # type: ignore[attr-defined]
        if second % HEARTBEAT_SECONDS == 0:
            await worker.sync_with_backend()  # type: ignore[attr-defined]
        await asyncio.sleep(1)


def cpu_seconds(pid: int) -> float:
    """Return what a process has used, and its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(one) for one in fields[11:15]) / os.sysconf("SC_CLK_TCK")
