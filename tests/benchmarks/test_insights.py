"""A few draws of the benchmark's worlds: quiet teams are left alone, and a change of mix names nobody."""

import numpy as np
import pytest

from benchmarks.insights import CHANGED, QUIET, World, draw, look, tells_of_planted

DRAWS = 8


@pytest.mark.parametrize("world", QUIET, ids=lambda world: world.name)
def test_a_quiet_team_is_left_alone(world: World) -> None:
    random = np.random.default_rng(7)
    assert sum(bool(look(draw(world, random))) for _ in range(DRAWS)) <= 1


@pytest.mark.parametrize("world", CHANGED, ids=lambda world: world.name)
def test_the_repository_that_slowed_is_mostly_found(world: World) -> None:
    random = np.random.default_rng(7)
    assert sum(tells_of_planted(look(draw(world, random))) for _ in range(DRAWS)) >= DRAWS // 2
