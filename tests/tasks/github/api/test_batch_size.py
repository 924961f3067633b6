"""A batch shrinks at once where GitHub finds it too heavy, and grows again slowly."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.github.api.batch_size import SMALLEST_SHARE, SUCCESSES_TO_WIDEN, BatchSize, plan_batch_size
from tasks.github.api.queries import PULL_REQUESTS


def test_it_is_halved_by_a_failure_and_doubled_by_a_row_of_successes() -> None:
    size = BatchSize(25)
    size.learn(was_halved=True)
    assert size.now == 12
    for _ in range(SUCCESSES_TO_WIDEN):
        assert size.now == 12
        size.learn(was_halved=False)
    assert size.now == 24


@given(st.integers(1, 100), st.lists(st.booleans(), max_size=60))
def test_it_stays_between_one_and_the_setting(most: int, lessons: list[bool]) -> None:
    size = BatchSize(most)
    for was_halved in lessons:
        size.learn(was_halved)
        assert 1 <= size.now <= most


@given(st.integers(1, 100))
def test_the_size_that_is_asked_for_costs_the_fewest_points_of_those_near_the_setting(most: int) -> None:
    def points(size: int) -> float:
        return PULL_REQUESTS.cost({"ids": ["x"] * size}) / size

    size = plan_batch_size(most)
    assert max(1, round(most * SMALLEST_SHARE)) <= size <= most
    assert points(size) <= points(most)
