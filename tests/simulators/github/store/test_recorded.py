"""Real pull requests are served as GitHub counted them."""

import gzip
from collections import Counter
from typing import Any

import orjson
import pytest

from simulators.github.store.recorded import load_repository
from simulators.github.story.organisation import Organisation
from tests.recorded_data import SECP256K1


@pytest.fixture(scope="module")
def pulls(recorded: Organisation) -> dict[int, Any]:
    return {record["number"]: record for record in recorded.pull_requests()}


@pytest.fixture(scope="module")
def lines(recorded: Organisation) -> list[Any]:
    with gzip.open(SECP256K1) as file:
        return [orjson.loads(line) for line in file]


def test_all_1308_are_there_with_their_states(pulls: dict[int, Any]) -> None:
    assert Counter(record["state"] for record in pulls.values()) == {"MERGED": 944, "CLOSED": 290, "OPEN": 74}


def test_commits_and_comments_equal_githubs_own_counters(pulls: dict[int, Any], lines: list[Any]) -> None:
    for line in lines:
        record, pull = pulls[line["pull"]["number"]], line["pull"]
        assert (len(record["commits"]), len(record["comments"])) == (pull["commits"], pull["comments"])


def test_every_review_comment_is_in_one_thread(pulls: dict[int, Any], lines: list[Any]) -> None:
    for line in lines:
        threads = pulls[line["pull"]["number"]]["reviewThreads"]
        served = sorted(each["id"] for thread in threads for each in thread["comments"])
        assert served == sorted(each["node_id"] for each in line["comments"])
        assert len(threads) == sum(not each.get("in_reply_to_id") for each in line["comments"])


def test_reviews_are_2592_and_20_of_them_by_deleted_accounts(pulls: dict[int, Any]) -> None:
    reviews = [each for record in pulls.values() for each in record["reviews"]]
    assert (len(reviews), sum(each["author"] is None for each in reviews)) == (2592, 20)


def test_113_head_repositories_are_deleted(pulls: dict[int, Any]) -> None:
    assert sum(record["headRepository"] is None for record in pulls.values()) == 113


def test_the_timeline_holds_the_turns_of_drafts_and_the_pushes(pulls: dict[int, Any]) -> None:
    kinds = Counter(each["__typename"] for record in pulls.values() for each in record["timelineItems"])
    assert kinds["ReadyForReviewEvent"] == 94
    assert kinds["ConvertToDraftEvent"] == 63
    assert kinds["ReopenedEvent"] == 25
    assert kinds["HeadRefForcePushedEvent"] == 2777


def test_both_windows_hold_what_was_updated_in_them(recorded: Organisation) -> None:
    index = recorded.pull_requests_of(recorded.repositories[0])
    assert len(index.between("2026-07-23T12:00:00Z", "2026-08-22T12:00:00Z")) == 42
    assert len(index.between("2026-05-24T12:00:00Z", "2026-07-23T12:00:00Z")) == 37


def test_ids_and_times_are_githubs(pulls: dict[int, Any], lines: list[Any]) -> None:
    for line in lines:
        record, pull = pulls[line["pull"]["number"]], line["pull"]
        assert record["id"] == pull["node_id"]
        assert [record[name] for name in ("createdAt", "updatedAt", "mergedAt", "closedAt")] == [
            pull.get(name) for name in ("created_at", "updated_at", "merged_at", "closed_at")
        ]


def test_a_thread_is_found_by_its_id_and_knows_its_pull_request(recorded: Organisation, pulls: dict[int, Any]) -> None:
    record = max(pulls.values(), key=lambda each: len(each["reviewThreads"]))
    thread = record["reviewThreads"][3]
    assert recorded.node(thread["id"]) is thread
    assert recorded.parent_of(thread["id"]) is record


def test_bots_are_bots_without_the_suffix_of_rest(recorded: Organisation) -> None:
    bot = recorded.account("delete-merged-branch")
    assert bot is not None
    assert bot["__typename"] == "Bot"


def test_a_file_of_another_repository_is_refused(recorded: Organisation) -> None:
    with pytest.raises(ValueError, match="holds bitcoin-core/secp256k1"):
        load_repository(SECP256K1, "bitcoin", "bitcoin")
