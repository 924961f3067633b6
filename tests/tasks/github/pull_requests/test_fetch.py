"""A fetch returns complete pull requests: every connection to its end, in a consistent state, whatever GitHub does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from tasks.github.api.errors import Forbidden, Garbled, TokenRefused, TooHeavy
from tasks.github.api.queries.pull_requests import CONNECTIONS
from tasks.github.pull_requests.completeness import PARTIAL_REASON
from tasks.github.pull_requests.fetch import KEEPS_CHANGING, MAX_READS, FetchedBatch, fetch_pull_requests

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]


def identifiers(simulated: "Simulated") -> list[str]:
    return [simulated.organisation.pull_request("acme/one", number)["id"] for number in (1, 2, 3)]


def fetch(simulated: "Simulated", page: int = 100, ids: list[str] | None = None, **more: Any) -> FetchedBatch:
    wanted = ids or identifiers(simulated)
    return simulated.ask(lambda github: fetch_pull_requests(github, wanted, page_size=page), **more)


def fill(simulated: "Simulated", number: int, count: int) -> None:
    """`count` of everything heavy in one pull request; threads of up to `count` comments."""
    ann, at = simulated.organisation.account("ann"), simulated.ago(days=1)

    def identifier(kind: str, index: int) -> str:
        return records.node_id(kind, 1, number, index)

    def make_thread(index: int) -> dict[str, Any]:
        comments = [
            records.review_comment(identifier("PRRC", 1000 * index + place), ann, at, "why", "a.py")
            for place in range(index % count + 1)
        ]
        return records.thread(identifier("PRRT", index), comments, 1)

    author = records.git_actor("Ann", "ann@acme.test", at, ann)
    simulated.organisation.edit(
        "acme/one",
        number,
        comments=[records.comment(identifier("IC", index), ann, at, "hm") for index in range(count)],
        reviews=[records.review(identifier("PRR", index), ann, at, "COMMENTED") for index in range(count)],
        reviewThreads=[make_thread(index) for index in range(count)],
        commits=[
            records.pull_request_commit(
                identifier("PURC", index), records.commit(records.fake_oid(number, index), "Fix", author, author)
            )
            for index in range(count)
        ],
        files=[records.changed_file(f"{index}.py", 1, 1) for index in range(count)],
        timelineItems=[records.event("ReadyForReview", identifier("RFRE", index), ann, at) for index in range(count)],
    )


def sizes(node: dict[str, Any]) -> dict[str, int]:
    return {name: len(node[name]["nodes"]) for name in CONNECTIONS}


def assert_whole(fetched: FetchedBatch, count: int) -> None:
    for node in fetched.nodes:
        heavy = {name: size for name, size in sizes(node).items() if CONNECTIONS[name].is_heavy}
        assert set(heavy.values()) == {count}
        assert all(
            thread["comments"]["totalCount"] == len(thread["comments"]["nodes"])
            for thread in node["reviewThreads"]["nodes"]
        )
        assert node[PARTIAL_REASON] is None


def test_pull_requests_come_in_the_order_of_their_ids(simulated: "Simulated") -> None:
    fetched = fetch(simulated)
    assert [node["number"] for node in fetched.nodes] == [1, 2, 3]
    assert simulated.asked() == {"PullRequests": 1}


def test_threads_cost_nothing_where_there_are_none_and_one_query_where_there_are(simulated: "Simulated") -> None:
    fill(simulated, 2, 4)
    fetch(simulated)
    assert simulated.asked() == {"PullRequests": 1, "ThreadComments": 1}


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(count=st.integers(1, 8), page=st.integers(1, 9))
def test_every_connection_is_read_to_its_end_at_any_size_of_page(simulated: "Simulated", count: int, page: int) -> None:
    fill(simulated, 1, count)
    assert_whole(fetch(simulated, page=page, ids=identifiers(simulated)[:1]), count)


def test_ids_that_github_does_not_find_are_gone_and_the_others_are_there(simulated: "Simulated") -> None:
    ids = identifiers(simulated)
    simulated.organisation.delete("acme/one", 2)
    fetched = fetch(simulated, ids=ids)
    assert [node["number"] for node in fetched.nodes] == [1, 3]
    assert fetched.gone == (ids[1],)


@pytest.mark.parametrize("kind", [Kind.TIMEOUT, Kind.RESOURCE_LIMITS])
def test_a_batch_that_is_too_heavy_is_halved_until_it_passes(simulate: Simulate, kind: Kind) -> None:
    simulated = simulate(pull_requests=25)
    simulated.fail(Fault(kind, operation="PullRequests", above=6, times=None))
    fetched = fetch(simulated, ids=[record["id"] for record in simulated.organisation.pull_requests()])
    assert len(fetched.nodes) == 25
    assert fetched.was_halved
    assert not fetched.failed


def test_one_that_is_too_heavy_alone_is_read_without_its_heavy_connections_first(simulated: "Simulated") -> None:
    fill(simulated, 1, 7)
    simulated.fail(Fault(Kind.TIMEOUT, operation="PullRequests", times=None))
    fetched = fetch(simulated, ids=identifiers(simulated)[:1], page=3)
    assert_whole(fetched, 7)
    assert simulated.asked()["LightPullRequests"] == 1


def test_pages_that_are_too_heavy_are_asked_for_in_smaller_ones(simulated: "Simulated") -> None:
    fill(simulated, 1, 9)
    simulated.fail(
        Fault(Kind.TIMEOUT, operation="PullRequests", times=None),
        Fault(Kind.TIMEOUT, operation="MoreComments", times=2),
    )
    fetched = fetch(simulated, ids=identifiers(simulated)[:1], page=8)
    assert_whole(fetched, 9)
    assert simulated.asked()["MoreComments"] == 2 + 5


def test_one_that_cannot_be_read_at_all_fails_alone(simulated: "Simulated") -> None:
    ids = identifiers(simulated)
    simulated.poison(ids[1])
    fetched = fetch(simulated)
    assert [node["number"] for node in fetched.nodes] == [1, 3]
    assert isinstance(fetched.failed[ids[1]], TooHeavy)


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN, Kind.SAML])
def test_what_may_not_be_seen_fails_alone_however_github_says_so(simulate: Simulate, kind: Kind) -> None:
    simulated = simulate(repositories=2)
    ids = [record["id"] for record in simulated.organisation.pull_requests()]
    simulated.fail(Fault(kind, operation="PullRequests", repository="acme/two", times=None))
    fetched = fetch(simulated, ids=ids)
    if kind is Kind.SAML:  # it comes without any data, so what is asked is halved until it concerns one alone
        assert len(fetched.nodes) == 3
    assert all(isinstance(error, Forbidden) for error in fetched.failed.values())
    assert len(fetched.nodes) + len(fetched.failed) == 6


def test_one_that_is_null_because_a_part_of_it_may_not_be_seen_is_not_taken_for_deleted(simulated: "Simulated") -> None:
    """A null in a non-null field spreads to the pull request, while the error stays below."""
    for kind, error in ((Kind.FORBIDDEN, Forbidden), (Kind.NOT_FOUND, Garbled)):
        simulated.fail(Fault(kind, operation="PullRequests", part="commits"))
        fetched = fetch(simulated)
        assert (fetched.nodes, fetched.gone) == ((), ())
        assert {type(failure) for failure in fetched.failed.values()} == {error}


def test_review_threads_that_github_never_gives_whole_make_only_their_pull_request_incomplete(
    simulated: "Simulated",
) -> None:
    for number in (1, 2):
        fill(simulated, number, 1)
    thread = simulated.organisation.pull_request("acme/one", 1)["reviewThreads"][0]["id"].encode()
    add = simulated.running.faults.add
    simulated.running.listeners.append(lambda _, body: add(Fault(Kind.MALFORMED_JSON)) if thread in body else None)
    reasons = {node["number"]: node[PARTIAL_REASON] for node in fetch(simulated).nodes}
    assert reasons == {1: "comments of 1 review threads", 2: None, 3: None}


def test_partial_data_beside_an_unknown_error_fails_only_what_it_concerns(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.MALFORMED_JSON, operation="PullRequests", above=1, times=None))
    fetched = fetch(simulated)
    assert len(fetched.nodes) == 3
    simulated.fail(Fault(Kind.MALFORMED_JSON, operation="PullRequests", times=None))
    fetched = fetch(simulated, ids=identifiers(simulated)[:1])
    assert isinstance(next(iter(fetched.failed.values())), Garbled)


def test_one_that_changes_between_two_pages_is_read_again_from_its_start(simulated: "Simulated") -> None:
    fill(simulated, 1, 5)
    organisation = simulated.organisation
    simulated.when("MoreComments", lambda: organisation.comment("acme/one", 1, "bob", simulated.ago(), "wait"))
    node = fetch(simulated, page=3, ids=identifiers(simulated)[:1]).nodes[0]
    assert len(node["comments"]["nodes"]) == 6
    assert node["comments"]["nodes"][-1]["body"] == "wait"
    assert node[PARTIAL_REASON] is None


def test_one_that_changes_while_its_threads_are_read_is_read_again(simulated: "Simulated") -> None:
    fill(simulated, 1, 2)
    simulated.when("ThreadComments", lambda: simulated.organisation.touch("acme/one", 1, simulated.ago()))
    node = fetch(simulated, ids=identifiers(simulated)[:1]).nodes[0]
    assert node["updatedAt"] == simulated.ago()
    assert node[PARTIAL_REASON] is None


def test_one_that_never_stands_still_is_kept_and_flagged(simulated: "Simulated") -> None:
    fill(simulated, 1, 5)
    minutes_ago = iter(range(50, 0, -1))

    def touch() -> None:
        simulated.organisation.touch("acme/one", 1, simulated.ago(minutes=next(minutes_ago)))

    with simulated.before_each("MoreReviews", touch):
        node = fetch(simulated, page=3, ids=identifiers(simulated)[:1]).nodes[0]
    assert node[PARTIAL_REASON] == KEEPS_CHANGING
    assert simulated.asked()["PullRequests"] == MAX_READS


def test_one_whose_parts_do_not_add_up_is_read_once_more_and_then_flagged(simulated: "Simulated") -> None:
    fill(simulated, 1, 3)
    comments = simulated.organisation.pull_request("acme/one", 1)["comments"]
    simulated.organisation.edit("acme/one", 1, comments=[*comments, comments[0]])
    fetched = fetch(simulated)
    assert {node["number"]: node[PARTIAL_REASON] for node in fetched.nodes} == {1: "comments: 3 of 4", 2: None, 3: None}
    assert simulated.asked()["PullRequests"] == 2
    assert [len(node["comments"]["nodes"]) for node in fetched.nodes if node["number"] == 1] == [3]


def test_comments_that_the_tokens_user_has_not_submitted_are_no_part_of_it(simulated: "Simulated") -> None:
    fill(simulated, 1, 2)
    ann, at = simulated.organisation.account("ann"), simulated.ago(days=1)
    threads = simulated.organisation.pull_request("acme/one", 1)["reviewThreads"]
    drafts = [
        records.review_comment(records.node_id("PRRC", 1, 1, number), ann, at, "hm", "a.py") | {"state": "PENDING"}
        for number in (90, 91)
    ]
    threads[0]["comments"].append(drafts[0])
    alone = records.thread(records.node_id("PRRT", 1, 1, 92), [drafts[1]], 1)
    simulated.organisation.edit("acme/one", 1, reviewThreads=[*threads, alone])
    node = next(node for node in fetch(simulated).nodes if node["number"] == 1)
    assert node[PARTIAL_REASON] is None
    assert node["reviewThreads"]["totalCount"] == len(node["reviewThreads"]["nodes"]) == 2
    assert [thread["comments"]["totalCount"] for thread in node["reviewThreads"]["nodes"]] == [1, 2]


def test_a_revoked_token_ends_the_fetch(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.TOKEN_REVOKED))
    with pytest.raises(TokenRefused):
        fetch(simulated)
