"""All pages together are complete, in either direction; paging during changes behaves as at GitHub."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.github.store.connections import BadCursor, page_of
from simulators.github.store.pull_requests import PullRequests
from simulators.github.story.organisation import Organisation

RECORDS = [{"id": f"node-{place}"} for place in range(47)]


def walk(page: Any, size: int, is_forward: bool) -> list[Any]:
    """Return all nodes of a connection, in its own order; `page` makes a page from arguments."""
    found: list[Any] = []
    cursor = None
    while True:
        here = page({"first": size, "after": cursor} if is_forward else {"last": size, "before": cursor})
        info = here.page_info()
        found = [*found, *here.nodes] if is_forward else [*here.nodes, *found]
        if not info["hasNextPage" if is_forward else "hasPreviousPage"]:
            return found
        cursor = info["endCursor" if is_forward else "startCursor"]


@given(size=st.integers(1, 60), count=st.integers(0, 47), is_forward=st.booleans())
def test_the_pages_of_a_list_are_the_list(size: int, count: int, is_forward: bool) -> None:
    assert walk(lambda arguments: page_of(RECORDS[:count], arguments), size, is_forward) == RECORDS[:count]


@pytest.mark.parametrize("field", ["createdAt", "updatedAt"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("is_forward", [True, False])
@pytest.mark.parametrize("states", [None, ["MERGED"], ["OPEN", "CLOSED"]])
def test_the_pages_of_pull_requests_are_all_of_them_in_order(
    acme: Organisation, field: str, direction: str, is_forward: bool, states: list[str] | None
) -> None:
    index = acme.pull_requests_of(acme.repositories[0])
    name = {"createdAt": "CREATED_AT", "updatedAt": "UPDATED_AT"}[field]
    asked = {"orderBy": {"field": name, "direction": direction}, "states": states}
    found = walk(lambda arguments: index.page(arguments | asked), 7, is_forward)
    wanted = [record for record in index if states is None or record["state"] in states]
    wanted.sort(key=lambda record: (record[field], record["number"]), reverse=direction == "DESC")
    assert [record["number"] for record in found] == [record["number"] for record in wanted]
    assert index.page(asked).total == len(wanted)


def test_a_cursor_finds_its_place_after_an_insertion_before_it() -> None:
    first = page_of(RECORDS, {"first": 10})
    rest = page_of([{"id": "new"}, *RECORDS], {"first": 100, "after": first.page_info()["endCursor"]})
    assert list(rest.nodes) == RECORDS[10:]


def test_a_cursor_whose_record_was_deleted_goes_on_behind_it() -> None:
    first = page_of(RECORDS, {"first": 10})
    rest = page_of(RECORDS[:9] + RECORDS[10:], {"first": 100, "after": first.page_info()["endCursor"]})
    assert list(rest.nodes) == RECORDS[10:]


def test_a_walk_by_update_loses_what_is_touched_behind_its_back(acme: Organisation) -> None:
    """Show why a scan must read the head again: GitHub's cursors hold the sort key."""
    name = acme.full_name(acme.repositories[0])
    index: PullRequests = acme.pull_requests_of(acme.repositories[0])
    order = {"orderBy": {"field": "UPDATED_AT", "direction": "DESC"}}
    first = index.page({"first": 10} | order)
    unseen = index.page({"first": 100, "after": first.page_info()["endCursor"]} | order).nodes[5]
    acme.touch(name, unseen["number"], "2026-08-22T12:30:00Z")
    rest = index.page({"first": 100, "after": first.page_info()["endCursor"]} | order)
    assert unseen not in [*first.nodes, *rest.nodes]
    assert index.page({"first": 1} | order).nodes == [unseen]


def test_a_cursor_of_another_kind_is_refused(acme: Organisation) -> None:
    with pytest.raises(BadCursor):
        page_of(RECORDS, {"first": 3, "after": "bm90aGluZw=="})
    with pytest.raises(BadCursor):
        acme.pull_requests_of(acme.repositories[0]).page({"first": 3, "after": "bm90aGluZw=="})
