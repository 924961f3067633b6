"""GitHub's own client `gh` pages through the simulator and counts its contents."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from simulators.github.serving.server import configuration
from simulators.github.serving.service import Service
from simulators.github.story.organisation import Organisation

Gh = Callable[..., str]

NUMBERS = """
query($owner: String!, $name: String!, $endCursor: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: 40, after: $endCursor) { nodes { number } pageInfo { hasNextPage endCursor } }
  }
}
"""


@pytest.fixture(scope="module")
def gh(northwind: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gh]:
    """Run `gh ...` against `northwind`, which is served on a Unix socket: gh speaks plain HTTP to nothing else."""
    binary = shutil.which("gh")
    if binary is None:
        pytest.skip("gh is not installed (apt-get install gh): no third party's client pages through the simulator")
    folder = tmp_path_factory.mktemp("gh")
    environment = {"GH_CONFIG_DIR": str(folder), "GH_TOKEN": "a-token", "GH_NO_UPDATE_NOTIFIER": "1"}
    with served_on(folder / "socket", northwind):

        def run(*arguments: str) -> str:
            response = subprocess.run(
                [binary, *arguments], env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True
            )
            assert response.returncode == 0, response.stderr
            return response.stdout

        run("config", "set", "http_unix_socket", str(folder / "socket"))
        yield run


@contextmanager
def served_on(path: Path, organisation: Organisation) -> Iterator[None]:
    """Serve an organisation on a Unix socket, in a thread, until the block ends."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    server = uvicorn.Server(configuration(Service(organisation, time.time), 0, 0.0))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        listening.close()


def numbers(organisation: Organisation, name: str, *states: str) -> set[int]:
    records = organisation.pull_requests(f"northwind/{name}")
    return {record["number"] for record in records if not states or record["state"] in states}


def test_gh_reads_every_page_of_a_query(gh: Gh, northwind: Organisation) -> None:
    said = gh(
        "api", "graphql", "--paginate", "-f", f"query={NUMBERS}", "-F", "owner=northwind", "-F", "name=storefront",
        "-q", ".data.repository.pullRequests.nodes[].number",
    )  # fmt: skip
    found = [int(line) for line in said.split()]
    assert len(found) > 8 * 40
    assert sorted(found) == sorted(numbers(northwind, "storefront"))


@pytest.mark.parametrize(("state", "states"), [("all", ()), ("open", ("OPEN",)), ("merged", ("MERGED",))])
def test_gh_lists_the_pull_requests_of_each_state(
    gh: Gh, northwind: Organisation, state: str, states: tuple[str, ...]
) -> None:
    fields = "number,title,author,state,labels,mergedAt,additions,files,isDraft,mergeCommit"
    found = json.loads(gh("pr", "list", "-R", "northwind/mobile", "-L", "1000", "--state", state, "--json", fields))
    assert {each["number"] for each in found} == numbers(northwind, "mobile", *states)
    for each in found:
        record = northwind.pull_request("northwind/mobile", each["number"])
        assert (each["title"], each["state"], len(each["files"])) == (
            record["title"],
            record["state"],
            min(100, len(record["files"])),
        )


def test_gh_lists_repositories_and_releases(gh: Gh, northwind: Organisation) -> None:
    names = json.loads(gh("repo", "list", "northwind", "--json", "nameWithOwner"))
    assert {each["nameWithOwner"] for each in names} == {
        northwind.full_name(repository) for repository in northwind.repositories
    }
    mobile = northwind.repository("northwind/mobile")
    assert mobile is not None
    tags = [line.split("\t")[2] for line in gh("release", "list", "-R", "northwind/mobile", "-L", "100").splitlines()]
    assert sorted(tags) == sorted(each["tagName"] for each in northwind.deliveries_of(mobile).releases)
