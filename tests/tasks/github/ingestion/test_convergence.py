"""A few of the random histories of benchmarks.convergence: the warehouse equals GitHub in the end."""

import pytest

from benchmarks.convergence import Action, RandomHistory, play_history, run
from benchmarks.stage import empty_homes
from simulators.github.serving.faults import Fault, Kind


@pytest.mark.slow
def test_the_warehouse_ends_with_what_github_holds_whatever_befalls_a_few_random_stories() -> None:
    assert run(examples=2) >= 2


@pytest.mark.slow
def test_a_run_cut_off_among_faults_and_changes_ends_with_what_github_holds() -> None:
    history = RandomHistory(
        hours=((5, 900, 30), (2000, 1, 1, 700)),
        actions=tuple(
            Action(at, what, at % 2, at) for at, what in enumerate(("comment", "merge", "open", "delete") * 4, 2)
        ),
        faults=(Fault(Kind.SECONDARY_LIMIT, after=5, seconds=3), Fault(Kind.RESOURCE_LIMITS, after=8)),
        cuts=(6, 9),
        page_size=2,
        page=2,
        workers=2,
        step=0.2,
    )
    with empty_homes() as homes:
        play_history(history, homes)


@pytest.mark.slow
def test_renames_of_people_and_of_the_organisation_end_with_the_names_and_accounts_of_github() -> None:
    names = ("comment", "rename person", "take over login", "rename owner", "change case", "comment")
    history = RandomHistory(
        hours=((5, 900, 30), (2000, 1, 1, 700)),
        actions=tuple(Action(at, what, at % 2, at) for at, what in enumerate(names * 2, 2)),
        faults=(),
        cuts=(6, 9),
        page_size=2,
        page=2,
        workers=2,
        step=0.2,
        steps=("refresh", "refetch"),
    )
    with empty_homes() as homes:
        play_history(history, homes)
