"""From GitHub to the numbers: what happened counts, whatever GitHub's present state calls it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from simulators.github.store import records
from simulators.github.store.records import Record
from simulators.github.store.world import Organisation
from tasks.measure import write_metrics
from warehouse.connection import Warehouse
from warehouse.progress import Run

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]


@pytest.fixture
def acme(simulate: Simulate) -> "Simulated":
    """`acme/one` without pull requests; ann, bob, cat, and a bot that merges."""
    simulated = simulate(pull_requests=0)
    simulated.organisation.add_account(records.actor("User", 5, "cat"))
    simulated.organisation.add_account(records.actor("Bot", 6, "lander"))
    return simulated


def measure(simulated: "Simulated", warehouse: Warehouse, start: Start) -> None:
    simulated.discover(warehouse)
    run = start()
    simulated.ingest(warehouse, run)
    write_metrics(warehouse, run, simulated.clock.at)


def sums(warehouse: Warehouse, *metrics: str) -> dict[str, float]:
    """Return the sum of the weekly values of each metric."""
    sql = "SELECT metric, sum(value) FROM weekly_metrics WHERE scope = 'team' AND list_contains(?, metric) GROUP BY 1"
    return dict(warehouse.read(sql, [list(metrics)]).iter_rows())


def closed(at: str, state: str = "MERGED") -> dict[str, Any]:
    merged = {"mergedAt": at} if state == "MERGED" else {}
    return {"state": state, "closedAt": at, "updatedAt": at, **merged}


def commit(number: int, at: str) -> Record:
    who = records.git_actor("Ann", "ann@example.test", at)
    return records.pull_request_commit(f"PRC_{number}", records.commit(records.fake_oid("c", number), "work", who, who))


def test_a_review_that_was_dismissed_counts_as_what_it_was(
    acme: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    organisation, merged_at = acme.organisation, acme.ago(hours=48)
    opened, first, second = (acme.ago(hours=hours) for hours in (120, 117, 69))
    for number, states, is_dismissed in (
        (1, ["APPROVED"], False),
        (2, ["APPROVED"], True),
        (3, ["CHANGES_REQUESTED", "APPROVED"], False),
        (4, ["CHANGES_REQUESTED", "APPROVED"], True),
    ):
        organisation.add("acme/one", opened, f"Change {number}", "ann")
        organisation.review("acme/one", number, "bob", first, states[0])
        if is_dismissed:
            organisation.dismiss("acme/one", number, "cat", second)
        for state in states[1:]:
            organisation.review("acme/one", number, "bob", second, state)
        organisation.edit("acme/one", number, **closed(merged_at))
    measure(acme, warehouse, start)
    sql = "SELECT number, review_hours, merge_hours, review_rounds FROM pull_request_metrics ORDER BY 1"
    found = {number: rest for number, *rest in warehouse.read(sql).iter_rows()}
    assert found[1] == found[2] == [0, 69, 1]
    assert found[3] == found[4] == [48, 21, 2]
    assert warehouse.read("SELECT DISTINCT state FROM reviews WHERE id LIKE 'PRR%' ORDER BY 1").rows() == [
        ("APPROVED",),
        ("CHANGES_REQUESTED",),
        ("DISMISSED",),
    ]


REVERTS = {
    "github's button": ('Revert "{title}"', "Reverts acme/one#{number}"),
    "a squash commit by git": ('Revert "{title} (#{number})"', "This reverts commit {oid}."),
    "only the commit is named": ("Take {title} back", "This reverts commit {oid}."),
    "conventional": ("revert: {title}", "This reverts commit {oid}."),
    "number in the title": ("Revert #{number}", "It broke the search."),
}


def test_a_revert_counts_however_it_was_written(acme: "Simulated", warehouse: Warehouse, start: Start) -> None:
    organisation = acme.organisation
    for place, (title, body) in enumerate(REVERTS.values()):
        number, name = 2 * place + 1, f"Change {place}"
        oid = records.fake_oid("merge", number)
        more: dict[str, Any] = {"mergeCommitOid": oid, **closed(acme.ago(days=2, hours=place))}
        organisation.add("acme/one", acme.ago(days=3), name, "ann", **more)
        words = {"title": name, "number": number, "oid": oid}
        more = {"body": body.format(**words), "headRefName": "undo", **closed(acme.ago(days=1, hours=place))}
        organisation.add("acme/one", acme.ago(days=2), title.format(**words), "ann", **more)
    measure(acme, warehouse, start)
    reverted = warehouse.read("SELECT number FROM pull_request_metrics WHERE is_reverted ORDER BY 1")
    assert reverted["number"].to_list() == [1, 3, 5, 7, 9]


def test_what_a_bot_landed_and_closed_is_merged_and_what_was_given_up_is_not(
    acme: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    organisation, at = acme.organisation, acme.ago(days=2)
    landed = records.label(1, "Merged", "ffffff")
    for number, title, labels in (
        (1, "[Merged by Bot] - Add a parser", []),
        (2, "Speed it up", [landed]),
        (3, "Tidy", []),
    ):
        oid = records.fake_oid("landed", number)
        who = records.git_actor("Lander", "lander@example.test", at)
        closer = records.commit(oid, title, who, who)
        event = records.event("Closed", f"CE_{number}", organisation.account("lander"), at, closer=closer)
        more = {"labels": labels, "timelineItems": [event], **closed(at, "CLOSED")}
        organisation.add("acme/one", acme.ago(days=3), title, "ann", **more)
    event = records.event("Closed", "CE_4", organisation.account("bob"), at)
    organisation.add("acme/one", acme.ago(days=3), "Given up", "bob", timelineItems=[event], **closed(at, "CLOSED"))
    measure(acme, warehouse, start)
    assert sums(warehouse, "merged_prs", "closed_unmerged_prs") == {"merged_prs": 3, "closed_unmerged_prs": 1}
    marks = warehouse.read("SELECT landed_by, merged_by_login FROM pull_request_metrics ORDER BY number").rows()
    assert marks == [("title", "lander"), ("label", "lander"), ("commit", "lander"), (None, None)]


def test_a_release_is_no_change_and_counts_apart(acme: "Simulated", warehouse: Warehouse, start: Start) -> None:
    organisation = acme.organisation
    for number in range(1, 10):
        is_release = number > 6
        opened, at = acme.ago(days=1 if is_release else 3, hours=number), acme.ago(days=1 if is_release else 3)
        organisation.add(
            "acme/one",
            opened,
            f"Change {number}",
            "ann",
            baseRefName="main" if is_release else "develop",
            headRefName="develop" if is_release else f"change-{number}",
            additions=4000 if is_release else 20,
            commits=[commit(number, acme.ago(days=12) if is_release else opened)],
            **closed(at),
        )
    measure(acme, warehouse, start)
    assert sums(warehouse, "merged_prs", "release_prs") == {"merged_prs": 6, "release_prs": 3}
    durations = warehouse.read("SELECT max(cycle_time_hours) FROM pull_request_metrics WHERE excluded_by IS NULL")
    assert durations.row(0) == (6,)
    assert sums(warehouse, "large_pr_share")["large_pr_share"] == 0


def test_who_put_it_into_the_queue_had_it_merged(acme: "Simulated", warehouse: Warehouse, start: Start) -> None:
    organisation: Organisation = acme.organisation
    queue = organisation.add_account(records.actor("Bot", 7, "github-merge-queue"))
    added = records.event("AddedToMergeQueue", "AMQ_1", organisation.account("bob"), acme.ago(hours=3))
    merged = records.event("Merged", "ME_1", queue, acme.ago(hours=2), mergeRefName="main", oid=None)
    more = {"mergedBy": queue, "timelineItems": [added, merged], **closed(acme.ago(hours=2))}
    organisation.add("acme/one", acme.ago(days=1), "Queued", "ann", **more)
    request = records.auto_merge(organisation.account("cat") or {}, acme.ago(hours=3))
    more = {"mergedBy": organisation.account("cat"), "autoMergeRequest": request, **closed(acme.ago(hours=1))}
    checks = records.check_rollup(2, "SUCCESS")
    organisation.add("acme/one", acme.ago(days=1), "Automatic", "ann", statusCheckRollup=checks, **more)
    measure(acme, warehouse, start)
    found = warehouse.read("SELECT merged_by_login, merged_through FROM pull_request_metrics ORDER BY number")
    assert found.rows() == [("bob", "merge_queue"), ("cat", "auto_merge")]
    stored = warehouse.read(
        "SELECT is_in_merge_queue, auto_merge_method, head_check_state FROM pull_requests ORDER BY number"
    )
    assert stored.rows() == [(False, None, None), (False, "SQUASH", "SUCCESS")]
