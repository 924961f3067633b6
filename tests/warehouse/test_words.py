"""Counts with their nouns."""

import pytest

from warehouse.words import name_some, percent, plural, points, signed


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, "pull request", "1 pull request"),
        (1200, "pull request", "1,200 pull requests"),
        (2048, "repository", "2,048 repositories"),
        (3, "day", "3 days"),
        (0, "file", "0 files"),
    ],
)
def test_a_count_carries_its_noun_in_the_right_number(count: int, noun: str, words: str) -> None:
    assert plural(count, noun) == words


@pytest.mark.parametrize(("share", "said"), [(0.0, "0 %"), (0.875, "88 %"), (1.0, "100 %"), (12.5, "1,250 %")])
def test_a_share_is_said_in_per_cent(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(("by", "said"), [(0.01, "+1 point"), (-0.012, "-1 point"), (0.1, "+10 points")])
def test_a_move_of_a_share_is_said_in_points(by: float, said: str) -> None:
    assert points(by) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (12.4, "+12"),
        (-1234.0, "-1,234"),
        (0.4, "+0.4"),
        (-0.04, "0"),
        (-0.3, "-0.3"),
        (0.0, "0"),
        (0.96, "+1"),
        (0.5, "+0.5"),
    ],
)
def test_a_change_is_whole_unless_that_would_hide_it(number: float, said: str) -> None:
    assert signed(number) == said


@pytest.mark.parametrize(
    ("names", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_of_many_names_the_first_are_said_and_how_many_more_there_are(names: list[str], words: str) -> None:
    assert name_some(names, 2) == words
