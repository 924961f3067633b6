"""A value that the warehouse cannot hold costs that value; a pull request that it refuses costs that pull request."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from simulators.github.store import records
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.reads.data_health import read_incomplete

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Start = Callable[..., Run]
COMMIT = "Mend it\n\nCo-authored-by: Bob\x00 <bob@example.test>"


def commit_of(simulated: "Simulated", date: str, message: str) -> dict[str, object]:
    who = records.git_actor("Ann\x00", "ann@example.test", date)
    return records.pull_request_commit("PRC_9", records.commit(records.fake_oid("c", 9), message, who, who))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"labels": [records.label(1, "a\x00b", "ffffff")]}, "labels: NUL characters were left out"),
        ({"body": "Two\x00"}, "body: NUL characters were left out"),
        ({"additions": 2**31}, "additions: a number of that size cannot be stored"),
        (
            "trailer",
            "commits.author_name: NUL characters were left out; commits.trailers: NUL characters were left out",
        ),
        ("date", "commits.author_name: NUL characters were left out; commits.authored_at: the time "),
    ],
)
def test_a_value_that_cannot_be_stored_is_left_out_of_its_row_and_noted(
    simulated: "Simulated", warehouse: Warehouse, start: Start, fields: object, reason: str
) -> None:
    if fields == "trailer":
        fields = {"commits": [commit_of(simulated, simulated.ago(days=1), COMMIT)]}
    elif fields == "date":
        fields = {"commits": [commit_of(simulated, "10000-01-01T00:00:00Z", "Mend it")]}
    simulated.organisation.add("acme/one", simulated.ago(days=1), "Two", "ann", **fields)  # type: ignore[arg-type]
    simulated.discover(warehouse)
    summary = simulated.ingest(warehouse, start())
    assert (summary.prs_done, summary.problems) == (4, {})
    found = warehouse.read("SELECT number, is_complete, altered_reason FROM pull_requests WHERE altered_reason <> ''")
    assert found["number"].to_list() == [4]
    assert found["is_complete"].to_list() == [True], "fetching it again would not help"
    assert found["altered_reason"][0].startswith(reason)
    assert read_incomplete(warehouse, "acme")["reason"].to_list() == found["altered_reason"].to_list()


def test_a_pull_request_that_the_warehouse_refuses_fails_alone_and_is_fetched_again(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    milestone = records.milestone(1, "Autumn", simulated.ago(days=9))
    for number in (1, 2, 3):
        simulated.organisation.pull_request("acme/one", number)["milestone"] = milestone
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    simulated.organisation.pull_request("acme/one", 3)["milestone"] = None
    for number in (1, 2, 3):
        simulated.organisation.touch("acme/one", number, simulated.ago(minutes=number))
    with warehouse.cursor() as cursor:
        cursor.execute("ALTER TABLE pull_requests ALTER COLUMN milestone SET NOT NULL")
    summary = simulated.ingest(warehouse, start())
    assert (summary.prs_done, summary.prs_failed) == (2, 1)
    assert summary.problems["acme/one"].startswith(
        "1 pull request could not be fetched: #3: the warehouse cannot store"
    )
    newer = f"SELECT number FROM pull_requests WHERE updated_at > '{simulated.ago(minutes=30)}' ORDER BY 1"
    assert warehouse.read(newer)["number"].to_list() == [1, 2]
    with warehouse.cursor() as cursor:
        cursor.execute("ALTER TABLE pull_requests ALTER COLUMN milestone DROP NOT NULL")
    assert not simulated.ingest(warehouse, start()).problems
    assert warehouse.read(newer)["number"].to_list() == [1, 2, 3]
