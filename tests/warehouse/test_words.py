"""Counts with their nouns."""

import pytest

from warehouse.words import plural


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
