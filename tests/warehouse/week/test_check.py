"""A sentence about a week stands only if everything in it is in the facts that it cites."""

from dataclasses import replace

import pytest

from tests.warehouse.week.sentences import CYCLE, FACTS, FALSE, IN_WEB, SIZE, TRUE
from warehouse.week.check import find_fault
from warehouse.week.fact import SUBJECTS, Fact, say


@pytest.mark.parametrize(("fact", "sentence"), TRUE)
def test_a_true_sentence_stands(fact: Fact, sentence: str) -> None:
    assert find_fault(sentence, [fact]) == ""


@pytest.mark.parametrize(("fact", "sentence"), FALSE)
def test_a_planted_false_sentence_is_dropped(fact: Fact, sentence: str) -> None:
    assert find_fault(sentence, [fact])


@pytest.mark.parametrize("fact", FACTS)
def test_the_plain_sentence_of_a_fact_stands_itself(fact: Fact) -> None:
    assert find_fault(say(fact), [fact]) == ""


def test_a_sentence_stands_by_the_fact_that_it_cites_and_by_no_other() -> None:
    for fact in FACTS:
        others = [one for one in FACTS if one.subject != fact.subject]
        assert all(find_fault(say(fact), [one]) for one in others)
    assert find_fault(say(CYCLE), [])


def test_two_facts_are_said_in_two_parts_each_by_its_own_fact() -> None:
    both = "Cycle time rose to 31 hours (n = 42), while pull request size fell to 1,234 lines (n = 42)."
    assert find_fault(both, [CYCLE, SIZE]) == ""
    assert find_fault(both, [SIZE, CYCLE])
    assert find_fault(both, [CYCLE])
    assert find_fault("Cycle time rose to 31 hours (n = 42).", [CYCLE, SIZE])


def test_a_repository_called_as_a_word_of_the_sentence_changes_nothing() -> None:
    fact = replace(IN_WEB, repository="acme/fell-by-99.js")
    assert find_fault(say(fact), [fact]) == ""
    assert find_fault(say(fact).replace("99", "98"), [fact])


def test_every_subject_can_be_said_by_its_own_name() -> None:
    assert all(
        one.name.lower() in one.aliases or one.name.removeprefix("the ") in one.aliases for one in SUBJECTS.values()
    )
