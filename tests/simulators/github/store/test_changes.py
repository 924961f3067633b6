"""The organisation changes while it is served, and every response follows."""

from typing import Any

import pytest

from simulators.github.story.organisation import Organisation
from tasks.github.api.queries import pull_requests as queries
from tasks.github.api.queries.organisation import ONE_REPOSITORY

NOW = "2026-08-22T12:30:00Z"
PULLS = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) { ... on PullRequest { number title updatedAt comments(first: 50) { totalCount } } }
}
"""


@pytest.fixture
def name(acme: Organisation) -> str:
    return acme.full_name(acme.repositories[0])


def newest(client: Any) -> list[Any]:
    repository = client.running.organisation.repositories[0]
    nodes = client.data(queries.SCAN.text, id=repository["id"], first=3)["node"]["pullRequests"]["nodes"]
    return list(nodes)


def fetched(client: Any, record: Any) -> Any:
    return client.data(PULLS, ids=[record["id"]])["nodes"][0]


def test_a_touched_pull_request_is_the_newest(client: Any, acme: Organisation, name: str) -> None:
    record = next(acme.pull_requests(name))
    assert fetched(client, record)["updatedAt"] != NOW
    acme.touch(name, record["number"], NOW)
    assert newest(client)[0]["number"] == record["number"]
    assert fetched(client, record)["updatedAt"] == NOW


def test_a_comment_adds_to_the_total_and_moves_the_update(client: Any, acme: Organisation, name: str) -> None:
    record = next(acme.pull_requests(name))
    before = fetched(client, record)["comments"]["totalCount"]
    acme.comment(name, record["number"], "amara-okafor", NOW, "One more thing")
    after = fetched(client, record)
    assert (after["comments"]["totalCount"], after["updatedAt"]) == (before + 1, NOW)


def test_an_added_pull_request_has_the_next_number(client: Any, acme: Organisation, name: str) -> None:
    highest = max(record["number"] for record in acme.pull_requests(name))
    added = acme.add(name, NOW, "Brand new", "amara-okafor")
    assert newest(client)[0]["id"] == added["id"]
    assert fetched(client, added)["number"] == highest + 1


def test_a_deleted_pull_request_is_not_found(client: Any, acme: Organisation, name: str) -> None:
    record = next(acme.pull_requests(name))
    fetched(client, record)
    acme.delete(name, record["number"])
    response = client.post(PULLS, ids=[record["id"]]).json()
    assert response["data"]["nodes"] == [None]
    assert response["errors"][0]["type"] == "NOT_FOUND"
    assert record["number"] not in acme.pull_requests_of(acme.repositories[0]).by_number


def test_a_renamed_repository_is_found_by_both_names(client: Any, acme: Organisation, name: str) -> None:
    acme.rename_repository(name, "shop")
    for each in (name.split("/")[1], "shop"):
        data = client.data(ONE_REPOSITORY.text, owner="acme", name=each)
        assert data["repository"]["nameWithOwner"] == "acme/shop"


def test_counts_by_state_follow_an_edit(acme: Organisation, name: str) -> None:
    index = acme.pull_requests_of(acme.repositories[0])
    asked = {"first": 1, "states": ["CLOSED"]}
    before = index.page(asked).total
    record = next(record for record in acme.pull_requests(name) if record["state"] == "MERGED")
    acme.edit(name, record["number"], state="CLOSED")
    assert index.page(asked).total == before + 1
