"""`prflow teams delete` and a Prefect server: its blocks and runs of the team go, and no others."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prefect import get_client
from typer.testing import CliRunner

from dashboard.reading import runs
from flows.cli import app as cli
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.next import is_ahead
from flows.services import prefect_api
from tests.flows.conftest import PASSWORD
from tests.warehouse.identity.test_teams import fill
from warehouse.connection import Warehouse

pytestmark = pytest.mark.slow


def test_blocks_with_tokens_and_runs_are_deleted_with_the_team(
    prefect_server: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", PASSWORD)
    fill(warehouse, "initech", "i")
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE pipeline_runs SET state = 'completed', stage = 'complete'")
        cursor.execute("UPDATE teams SET login = 'initech', earlier_ids = NULL")
    deployment = prefect_api.find_deployment(prefect_server, "refresh/refresh")
    assert deployment is not None
    for team in ("initech", "initech-labs"):
        for _ in range(2):
            prefect_api.create_flow_run(prefect_server, deployment, f"refresh/{team}", {"team": team}, f"team:{team}")
    theirs = run_of_another_project("team:initech")
    save_secret(prefect_server, "github-token-initech")
    answer = CliRunner().invoke(cli.app, ["teams", "delete", "initech", "--yes", "--json"], catch_exceptions=False)
    done = json.loads(answer.stdout)
    assert (done["tokens"], done["runs"], done["prefect"]) == (1, 2, None)
    assert not prefect_api.has_secret(prefect_server, "github-token-initech")
    assert prefect_api.delete_runs(prefect_server, "team:initech") == 0
    assert prefect_api.delete_runs(prefect_server, "team:initech-labs") == 2, "whose name begins alike"
    monkeypatch.setattr(
        "dashboard.reading.runs.prefect", lambda: runs.Prefect(prefect_server, auth=PASSWORD, seconds=60)
    )
    assert runs.recent_runs("initech") == (), "a page shows no run of another project, and no name of it"
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(theirs).name, "another project's runs may have that tag, too"
        deployment_id = client.read_flow_run(theirs).deployment_id
        client.delete_flow_run(theirs)
        client.delete_deployment(deployment_id)  # the server is shared with other tests


def run_of_another_project(tag: str) -> UUID:
    """Make a run of a stranger's flow, whose deployment is called like one of prflow's."""
    with get_client(sync_client=True) as client:
        made = client.create_deployment(client.create_flow_from_name("elsewhere"), name="refresh")
        run = client.create_flow_run_from_deployment(made, tags=[tag, "team:theirs"])
    assert not asyncio.run(is_ahead(Deployment.REFRESH, "theirs")), "nor does it hold up a night"
    return run.id


def save_secret(api_url: str, name: str) -> None:
    """Save a Secret block as Prefect's own pages do."""
    user, _, password = PASSWORD.partition(":")
    with httpx.Client(base_url=api_url, auth=(user, password)) as client:
        kind = client.get("/block_types/slug/secret").json()["id"]
        schemas = client.post(
            "/block_schemas/filter", json={"block_schemas": {"block_type_id": {"any_": [kind]}}}
        ).json()
        body = {"name": name, "data": {"value": "x"}, "block_type_id": kind, "block_schema_id": schemas[0]["id"]}
        client.post("/block_documents/", json=body).raise_for_status()
