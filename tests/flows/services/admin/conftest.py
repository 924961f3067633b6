"""A simulated GitHub, Prefect's server and the set-up service between them, with nothing set up yet."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit as st

from flows.services import prefect_api
from flows.services.admin.access import PENDING
from simulators.github.serving.server import Running, serve
from simulators.github.store import records
from simulators.github.store.world import Organisation
from tasks.github.access.credentials import BLOCK, block_name
from tests.admin_service import serve_admin
from tests.canaries import CANARIES
from warehouse.connection import Warehouse

AT = "2026-08-20T10:00:00Z"
TOKEN = CANARIES["GitHub token"]


def make_acme() -> Organisation:
    """Return an organisation with four repositories, one of them archived and one a fork, and two members."""
    owner = records.actor("Organization", 1, "acme", "Acme")
    organisation = Organisation(owner, records.actor("User", 2, "viewer"), AT)
    kinds = {"shop": {}, "tools": {}, "old": {"isArchived": True}, "copy": {"isFork": True}}
    for number, (name, more) in enumerate(kinds.items()):
        organisation.add_repository(records.repository(owner, number + 1, name, AT, **more))
    ann, bob = records.actor("User", 3, "ann", "Ann"), records.actor("User", 4, "bob")
    organisation.add_member(ann, "ADMIN")
    organisation.add_member(bob)
    organisation.add_team(records.team(1, "Core", "core", owner, [ann]))
    return organisation


@dataclass(frozen=True)
class SetUpWorld:
    """What a set-up meets; `admin_url` is the service's address."""

    github: Running
    warehouse: Warehouse
    home: Path
    prefect_api_url: str
    admin_url: str

    def secrets(self, *teams: str) -> dict[str, str]:
        """Return the tokens that Prefect keeps, by the name of their block."""
        names = [BLOCK, PENDING, *map(block_name, teams)]
        found = {name: prefect_api.read_secret(self.prefect_api_url, name) for name in names}
        return {name: value.get_secret_value() for name, value in found.items() if value}


@pytest.fixture
def organisation() -> Organisation:
    """Return what GitHub serves; a file may serve another one."""
    return make_acme()


@pytest.fixture
def set_up_world(
    prefect_server: str,
    warehouse: Warehouse,
    organisation: Organisation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[SetUpWorld]:
    """Serve everything; no token is set, and Prefect keeps none when the test ends."""
    monkeypatch.chdir(tmp_path)
    home = warehouse.settings.home
    with serve(organisation) as github:
        github.tokens.grant(TOKEN, "ann" if organisation.account("ann") else organisation.viewer["login"])
        for name in [name for name in os.environ if name.startswith(("GITHUB_", "PRFLOW_", "GROQ_"))]:
            monkeypatch.delenv(name)
        for name, value in {
            "PRFLOW_HOME": str(home),
            "GITHUB_API_URL": github.url,
            "GITHUB_WEB_URL": github.url,
            "GITHUB_GRAPHQL_URL": github.graphql_url,
            "PREFECT_API_URL": prefect_server,
        }.items():
            monkeypatch.setenv(name, value)
        st.cache_data.clear()
        st.cache_resource.clear()
        with serve_admin(home, prefect_server) as address:
            yield SetUpWorld(github, warehouse, home, prefect_server, address)
        for name in (BLOCK, PENDING, block_name("acme")):
            prefect_api.delete_secret(prefect_server, name)
