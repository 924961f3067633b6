"""Which weeks are compared: those that are over and lack nothing."""

from datetime import date

from tests.warehouse.insights.team import Habit, look, make_team

STEADY = Habit("api", prs=3, pickup=5, later=5)


def test_the_running_week_is_never_compared_and_the_last_four_stand_against_those_before() -> None:
    evidence = look(make_team(STEADY))
    assert [week.start for week in evidence.recent] == [
        date(2026, 8, 31),
        date(2026, 9, 7),
        date(2026, 9, 14),
        date(2026, 9, 21),
    ]
    assert [week.start for week in evidence.before] == [
        date(2026, 8, 3),
        date(2026, 8, 10),
        date(2026, 8, 17),
        date(2026, 8, 24),
    ]


def test_a_week_in_which_the_history_of_a_repository_begins_is_left_out() -> None:
    evidence = look(make_team(STEADY, history_from={"api": "Wed 00:00"}))
    assert evidence.before[0].start == date(2026, 8, 10)
    assert len(evidence.before) + len(evidence.recent) == 7


def test_with_one_whole_week_nothing_is_compared() -> None:
    evidence = look(make_team(STEADY, history_from={"api": "Tue7 00:00"}))
    assert (evidence.recent, evidence.before) == ((), ())


def test_a_repository_whose_last_week_lacks_data_is_left_out_and_named() -> None:
    evidence = look(make_team(STEADY, Habit("web", prs=2, pickup=3, later=3), history_from={"web": "Tue8 00:00"}))
    assert evidence.left_out == ("acme/web",)
    assert len(evidence.recent) == 4
    assert set(evidence.compared["repository_id"]) == {"api"}
