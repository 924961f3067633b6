"""What is waited for is the provider's outage; a question that brings the provider down fails alone."""

from tasks.llm.errors import AnswerUnusable
from tasks.llm.provider.outage import WAITS, Outages, OutageWaits

AWAY = AnswerUnusable("http_503", "away")
BROKEN = AnswerUnusable("unreadable", "no JSON")


def test_nobody_waits_before_the_first_answer() -> None:
    assert OutageWaits(Outages()).next_wait(AWAY) is None


def test_answers_to_what_was_in_flight_say_nothing_of_a_question_that_failed() -> None:
    outages = Outages()
    waits = OutageWaits(outages)
    in_flight = [outages.note_request() for _ in range(4)]
    assert waits.next_wait(AWAY) is None
    for number in in_flight[:3]:
        outages.note_answer(number)
        assert waits.next_wait(AWAY) is not None


def test_a_question_fails_alone_if_others_are_answered_between_its_tries() -> None:
    outages = Outages()
    waits = OutageWaits(outages)
    for _ in range(3):
        outages.note_request()
        outages.note_answer(outages.note_request())
        assert waits.next_wait(AWAY) is None
    assert waits.next_wait(AWAY) == WAITS[0]
    assert waits.next_wait(AWAY) == WAITS[1]


def test_other_faults_are_tries_and_after_five_minutes_nobody_waits_until_the_provider_answers() -> None:
    outages = Outages()
    outages.note_answer(outages.note_request())
    waits = OutageWaits(outages)
    assert waits.next_wait(BROKEN) is None
    assert sum(iter(lambda: waits.next_wait(AWAY), None)) > 300  # type: ignore[arg-type, misc]
    assert OutageWaits(outages).next_wait(AWAY) is None
    outages.note_answer(outages.note_request())
    assert OutageWaits(outages).next_wait(AWAY) == WAITS[0]
