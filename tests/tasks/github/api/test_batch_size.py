"""A batch shrinks at once if it is too heavy for GitHub, and grows again slowly."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.github.api.batch_size import MIN_SHARE, SUCCESSES_TO_GROW, BatchSize, plan_batch_size
from tasks.github.api.queries.pull_requests import PULL_REQUESTS


def test_it_is_halved_by_a_failure_and_doubled_by_a_row_of_successes() -> None:
    size = BatchSize(25)
    size.record(was_halved=True)
    assert size.current == 12
    for _ in range(SUCCESSES_TO_GROW):
        assert size.current == 12
        size.record(was_halved=False)
    assert size.current == 24


@given(st.integers(1, 100), st.lists(st.booleans(), max_size=60))
def test_it_stays_between_one_and_the_setting(max_size: int, lessons: list[bool]) -> None:
    size = BatchSize(max_size)
    for was_halved in lessons:
        size.record(was_halved)
        assert 1 <= size.current <= max_size


@given(st.integers(1, 100))
def test_the_size_that_is_asked_for_costs_the_fewest_points_of_those_near_the_setting(max_size: int) -> None:
    def points(size: int) -> float:
        return PULL_REQUESTS.cost({"ids": ["x"] * size}) / size

    size = plan_batch_size(max_size)
    assert max(1, round(max_size * MIN_SHARE)) <= size <= max_size
    assert points(size) <= points(max_size)
