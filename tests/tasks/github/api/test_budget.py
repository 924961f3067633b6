"""What GitHub's limits allow, as bookkeeping."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tasks.github.api.budget import FIRST_PAUSE, MARGIN, MAX_PAUSE, POINTS_A_MINUTE, Budget, RateLimit

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
RESET = T + timedelta(minutes=40)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def rate_limit(remaining: int, limit: int = 5000, cost: int = 1, reset_at: datetime = RESET) -> RateLimit:
    return RateLimit(cost, limit, remaining, reset_at)


def test_until_github_has_told_its_limits_only_one_request_is_in_flight() -> None:
    budget = Budget()
    assert not budget.must_wait_for_response()
    budget.reserve(3, T)
    assert budget.must_wait_for_response()
    budget.record(rate_limit(4997))
    budget.release(3)
    assert not budget.must_wait_for_response()


def test_a_server_without_limits_does_not_hold_the_second_request_back() -> None:
    budget = Budget()
    budget.reserve(1, T)
    budget.record(None)
    assert not budget.must_wait_for_response()
    assert budget.blocked_until(1, T) is None


def test_the_reserve_is_left_to_others() -> None:
    budget = Budget(reserve_points=200)
    budget.record(rate_limit(203))
    assert budget.blocked_until(3, T) is None
    budget.reserve(3, T)
    assert budget.blocked_until(1, T) == RESET + MARGIN


def test_a_reserve_larger_than_the_limit_does_not_end_all_work() -> None:
    budget = Budget(reserve_points=200)
    budget.record(rate_limit(60, limit=100))
    assert budget.blocked_until(10, T) is None


def test_after_the_reset_the_whole_hour_is_there_again() -> None:
    budget = Budget()
    budget.record(rate_limit(0))
    assert budget.blocked_until(1, T) == RESET + MARGIN
    assert budget.blocked_until(1, RESET + MARGIN) is None
    assert budget.remaining == 5000


def test_answers_that_overtake_each_other_leave_the_lowest_remainder() -> None:
    budget = Budget()
    budget.record(rate_limit(4000))
    budget.record(rate_limit(4003))
    assert budget.remaining == 4000


def test_a_late_response_of_the_hour_before_does_not_undo_what_is_spent_of_this_one() -> None:
    budget = Budget()
    budget.record(rate_limit(4000, reset_at=RESET + timedelta(hours=1)))
    budget.record(rate_limit(1, reset_at=RESET))
    assert budget.blocked_until(1, RESET + MARGIN) is None
    assert budget.remaining == 4000


def test_what_a_refusal_tells_is_learned_and_is_no_success() -> None:
    budget = Budget()
    budget.record(rate_limit(10))
    end = budget.pause(None, T)
    assert end == T + FIRST_PAUSE + MARGIN
    budget.update(rate_limit(9, cost=0))
    assert (budget.remaining, budget.spent) == (9, 1)
    assert budget.pause(None, end) == end + 2 * FIRST_PAUSE + MARGIN


def test_a_primary_limit_without_an_end_is_waited_for_a_minute() -> None:
    assert Budget().exhaust(None, T) == T + FIRST_PAUSE


def test_a_primary_limit_without_an_end_uses_the_reset_that_was_told_before() -> None:
    budget = Budget()
    budget.record(rate_limit(7))
    assert budget.exhaust(None, T) == RESET


def test_a_secondary_limit_without_an_end_is_waited_longer_each_time_until_an_answer_comes() -> None:
    budget, now, waits = Budget(), T, []
    for _ in range(7):
        end = budget.pause(None, now)
        waits.append(end - now - MARGIN)
        now = end
    assert waits[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert waits[-1] == MAX_PAUSE
    budget.record(rate_limit(4000))
    later = now + timedelta(hours=1)
    assert budget.blocked_until(1, later) is None
    assert budget.pause(None, later) == later + FIRST_PAUSE + MARGIN


def test_a_limit_that_refuses_several_requests_in_flight_is_waited_for_once() -> None:
    budget = Budget()
    ends = {budget.pause(None, T + seconds(late)) for late in (0, 1, 2)}
    assert ends == {T + FIRST_PAUSE + MARGIN}


def test_a_secondary_limit_with_an_end_is_waited_to_that_end() -> None:
    budget = Budget()
    assert budget.pause(T + seconds(5), T) == T + seconds(5) + MARGIN
    assert budget.blocked_until(1, T + seconds(4)) == T + seconds(5) + MARGIN


def test_a_github_with_far_larger_limits_is_not_held_to_the_minute_of_github_com() -> None:
    budget = Budget()
    budget.record(rate_limit(900_000, limit=1_000_000))
    budget.reserve(POINTS_A_MINUTE, T)
    assert budget.blocked_until(10, T) is None


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 700)), max_size=60))
def test_no_minute_ever_holds_more_than_its_points(asked: list[tuple[float, int]]) -> None:
    budget, now, sent = Budget(), T, []
    budget.record(rate_limit(10**6, limit=15_000))
    for pause, cost in asked:
        now += seconds(pause)
        while (until := budget.blocked_until(cost, now)) is not None:
            assert until > now
            now = until
        budget.reserve(cost, now)
        budget.release(cost)
        sent.append((now, cost))
    for at, _ in sent:
        assert sum(cost for timestamp, cost in sent if at <= timestamp < at + seconds(60)) <= POINTS_A_MINUTE


@given(
    st.integers(0, 300),
    st.integers(10, 600),
    st.lists(st.tuples(st.integers(1, 10), st.booleans()), max_size=80),
)
def test_the_hour_is_never_overdrawn_and_the_reserve_never_touched(
    reserve: int, remaining: int, asked: list[tuple[int, bool]]
) -> None:
    budget = Budget(reserve_points=reserve)
    budget.record(rate_limit(remaining, limit=1000, cost=0))
    left, in_flight = remaining, []
    for cost, is_answered in asked:
        if budget.blocked_until(cost, T) is None:
            budget.reserve(cost, T)
            left -= cost
            in_flight.append(cost)
            assert left >= min(reserve, 500)
        if is_answered and in_flight:
            answered = in_flight.pop(0)
            budget.record(rate_limit(left, limit=1000, cost=answered))
            budget.release(answered)
