"""Each problem is told once, again after a week, and when it is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.events.rows import NOW
from warehouse.events.kinds import Event, RunFailed, SyncCompleted, SyncStale, TokenExpiring
from warehouse.events.problems import Notice, Problem, follow

NIGHT = timedelta(days=1)


def failed(night: int, error: str = "GitHub refused the token.", team: str = "acme") -> RunFailed:
    at = NOW + night * NIGHT
    return RunFailed(team_id=team, at=at, key=str(at), run_id="r", flow="refresh", error=error, hint="Renew it.")


def synced(night: int, failed_count: int = 0, unread: int | None = 0, flow: str = "refresh") -> SyncCompleted:
    at = NOW + night * NIGHT
    names = tuple(f"acme/{place}" for place in range(failed_count))
    return SyncCompleted(
        team_id="acme",
        at=at,
        key=str(at),
        run_id="r",
        flow=flow,
        pull_requests=5,
        repositories=30,
        failed_count=failed_count,
        failed_repositories=names,
        unread=unread,
    )


def expiring(name: str = "the first token") -> TokenExpiring:
    return TokenExpiring(team_id="acme", at=NOW, key=name, token=name, expires_at=NOW + 3 * NIGHT)


class Story:
    """What people are told, night by night."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Problem] = {}

    def go(self, night: float, *events: Event, reachable: bool = True) -> list[str]:
        return [notice.kind for notice in self.notices(NOW + night * NIGHT, events, reachable=reachable)]

    def notices(self, now: datetime, events: Sequence[Event], *, reachable: bool = True) -> list[Notice]:
        fresh = [event for event in events if not event.is_standing]
        standing = [event for event in events if event.is_standing]
        open_ = [one for one in self.known.values() if one.is_standing]
        changed, notices = follow(open_, fresh, standing, lambda _: reachable, now)
        self.known |= {one.key: one for one in changed}
        return notices


def test_a_run_that_fails_every_night_is_told_at_first_after_a_week_and_when_it_works() -> None:
    story = Story()
    told = [story.go(night, failed(night)) for night in range(16)]
    assert [night for night, kinds in enumerate(told) if kinds == ["failed"]] == [0, 7, 14]
    assert sum(map(len, told)) == 3
    assert story.go(16, synced(16)) == ["recovered"]
    assert story.go(17, synced(17)) == []


def test_the_second_time_says_since_when() -> None:
    story = Story()
    story.go(0, failed(0))
    story.go(3, failed(3))
    [again] = story.notices(NOW + 7 * NIGHT, [failed(7)])
    assert again.facts["began_at"] == NOW.isoformat()


def test_thirty_repositories_are_one_problem_and_so_are_two_of_them() -> None:
    story = Story()
    assert story.go(0, synced(0, failed_count=30)) == ["repositories"]
    assert story.go(1, synced(1, failed_count=2)) == []
    assert story.go(2, synced(2)) == ["recovered"]


def test_another_cause_is_told_and_the_same_with_other_numbers_is_not() -> None:
    story = Story()
    assert story.go(0, failed(0, "acme/web#12 took 31 s at https://api.example/1.")) == ["failed"]
    assert story.go(1, failed(1, "acme/api#7 took 65 s at https://api.example/2.")) == []
    assert story.go(2, failed(2, "The disk is full.")) == ["failed"]
    assert story.go(3, synced(3)) == ["recovered"], "one message for both"


def test_a_sync_of_one_repository_ends_no_problem_of_the_night() -> None:
    story = Story()
    story.go(0, failed(0))
    assert story.go(1, synced(1, flow="sync")) == []
    assert story.go(2, synced(2)) == ["recovered"]


def test_what_failed_and_worked_before_anybody_looked_is_not_told() -> None:
    assert Story().go(1, failed(0), synced(1)) == []


def test_a_team_without_an_address_is_told_of_what_stands_once_it_has_one() -> None:
    story = Story()
    assert story.go(0, failed(0), reachable=False) == []
    assert story.go(1, failed(1)) == ["failed"]


def test_that_nothing_works_is_told_once_whether_it_fails_or_is_silent() -> None:
    stale = SyncStale(team_id="acme", at=NOW, key="k", last_good_at=NOW - 2 * NIGHT, hours=48)
    story = Story()
    assert story.go(0, failed(0)) == ["failed"]
    assert story.go(0.1, stale) == [], "the cause is known"
    silent = Story()
    assert silent.go(0, stale) == ["stale"]
    assert [silent.go(day / 8, stale) for day in range(1, 54)] == [[]] * 53
    assert silent.go(7, stale) == ["stale"]
    assert silent.go(8, synced(8)) == ["recovered"]


def test_a_token_that_was_replaced_is_over_and_another_one_is_a_problem_of_its_own() -> None:
    story = Story()
    assert story.go(0, expiring()) == ["token"]
    assert story.go(1, expiring(), expiring("the second token")) == ["token"]
    assert story.go(2, expiring("the second token")) == ["recovered"]
    assert story.go(3) == ["recovered"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=30))
def test_nobody_is_told_more_often_than_causes_come_and_weeks_go(nights: list[tuple[bool, int]]) -> None:
    story = Story()
    told = [
        kind
        for night, (is_good, cause) in enumerate(nights)
        for kind in story.go(night, synced(night) if is_good else failed(night, f"cause {'abcd'[cause]}"))
    ]
    begun = sum(1 for one in told if one == "failed")
    assert told.count("recovered") <= begun
    assert begun <= sum(not is_good for is_good, _ in nights)
    if nights and nights[-1][0]:
        assert all(not one.is_standing for one in story.known.values())
