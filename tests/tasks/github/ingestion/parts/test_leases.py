"""Parts are taken by one holder at a time, given back by those that die, and lost with the run that set them out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.github.ingestion.parts.leases import LEASE_SECONDS, Activity, Part, PartLeases, open_leases
from tasks.github.ingestion.parts.plan import PARTS_A_PROCESS, plan_parts

NOW = 1_780_000_000.0
Join = Callable[[str], PartLeases]


@pytest.fixture
def join(tmp_path: Path) -> Iterator[Join]:
    """Open the parts for a holder, as a process of its own would."""
    with ExitStack() as stack:

        def opened(holder: str) -> PartLeases:
            leases = open_leases(tmp_path, holder, NOW)
            stack.callback(leases.close)
            return leases

        yield opened


def claim(leases: PartLeases, run_id: str = "run", now: float = NOW) -> Part:
    part = leases.claim(run_id, now)
    assert part is not None
    return part


def test_each_part_has_one_holder_until_none_is_left(join: Join) -> None:
    leader, helper = join("leader"), join("helper")
    leader.plan("run", "acme", [["a", "b"], ["c"]], True, NOW)
    first, second = claim(leader), claim(helper)
    assert [first.repository_ids, second.repository_ids] == [("a", "b"), ("c",)]
    assert first.is_refetch
    assert leader.claim("run", NOW) is helper.claim("run", NOW) is None
    assert leader.claim("another run", NOW) is None
    assert helper.finish(second, NOW)
    standing = leader.read("run", NOW)
    assert (standing.done, standing.total, standing.is_done) == (1, 2, False)
    assert standing.repository_ids == {"c"}
    assert leader.finish(first, NOW)
    assert leader.read("run", NOW).is_done


def test_the_part_of_a_holder_that_dies_is_taken_over_and_the_dead_can_do_nothing_to_it(join: Join) -> None:
    dead, other = join("dead"), join("other")
    other.plan("run", "acme", [["a"]], False, NOW)
    part = claim(dead)
    assert dead.renew(part, Activity(), NOW + 30)
    assert other.claim("run", NOW + 30 + LEASE_SECONDS - 1) is None
    after = NOW + 30 + LEASE_SECONDS
    assert claim(other, now=after) == part
    assert not dead.holds(part, after)
    assert not dead.renew(part, Activity(), after)
    assert not dead.finish(part, after)
    dead.release(part)
    assert other.holds(part, after)


def test_a_part_that_is_given_back_is_the_next_ones(join: Join) -> None:
    failing, other = join("failing"), join("other")
    failing.plan("run", "acme", [["a"]], False, NOW)
    part = claim(failing)
    failing.release(part)
    assert claim(other) == part


def test_a_run_that_ends_or_is_followed_by_another_of_its_team_takes_the_parts_along(join: Join) -> None:
    leader, helper = join("leader"), join("helper")
    for end in (lambda: leader.remove("run"), lambda: leader.plan("next", "acme", [["a"]], False, NOW)):
        leader.plan("run", "acme", [["a"]], False, NOW)
        leader.plan("theirs", "other", [["x"]], False, NOW)
        part = claim(helper)
        end()
        assert not helper.holds(part, NOW)
        assert helper.claim("run", NOW) is None
        assert claim(helper, "theirs").repository_ids == ("x",), "another team's stay"
        leader.remove("theirs")


def test_a_run_that_begins_again_leaves_its_helpers_what_they_hold_and_sets_out_the_rest(join: Join) -> None:
    leader, helper, restarted = join("leader"), join("helper"), join("restarted")
    leader.plan("run", "acme", [["a"], ["b"], ["c"]], False, NOW)
    held = claim(helper)
    done = claim(leader)
    leader.finish(done, NOW)
    restarted.plan("run", "acme", [["a", "b"], ["c", "d"]], False, NOW)
    assert helper.holds(held, NOW)
    assert {key for part in (claim(restarted), claim(restarted)) for key in part.repository_ids} == {"b", "c", "d"}
    assert restarted.claim("run", NOW) is None
    assert claim(restarted, now=NOW + LEASE_SECONDS).repository_ids == ("a",), "and takes over from the dead"


def test_what_helpers_use_is_added_up_and_that_all_wait_is_known(join: Join) -> None:
    leader, helper = join("leader"), join("helper")
    leader.plan("run", "acme", [["a"], ["b"]], False, NOW)
    own, theirs = claim(leader), claim(helper)
    leader.renew(own, Activity(50, 70), NOW)
    for _ in range(2):
        helper.renew(theirs, Activity(3, 4, NOW + 900), NOW)
    standing = leader.read("run", NOW)
    assert (standing.requests, standing.points) == (6, 8), "the leader counts its own"
    assert standing.waiting_until is None, "one is at work"
    leader.finish(own, NOW)
    assert leader.read("run", NOW).waiting_until == NOW + 900
    assert leader.read("run", NOW + 900).waiting_until is None


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 5000), max_size=40), st.integers(1, 8))
def test_every_repository_is_in_one_part_and_parts_are_about_equal(sizes: dict[str, int], processes: int) -> None:
    parts = plan_parts(sizes, processes, min_size=1)
    assert sorted(key for part in parts for key in part) == sorted(sizes)
    assert len(parts) <= processes * PARTS_A_PROCESS
    assert all(parts)
    totals = [sum(sizes[key] + 1 for key in part) for part in parts]
    largest = max(sizes.values(), default=0) + 1
    assert not totals or max(totals) - min(totals) <= largest


def test_a_small_team_is_one_part() -> None:
    assert plan_parts({"a": 400, "b": 300, "c": 250}, 4) == [["a", "b", "c"]]
    assert len(plan_parts({"a": 400, "b": 300, "c": 300}, 4)) == 3
    assert plan_parts({}, 4) == []
