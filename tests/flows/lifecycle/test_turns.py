"""A second run of a team waits for one of the same flow and for one that ends, and for no other."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.lifecycle import begin
from flows.lifecycle.begin import MAX_ENDING_SECONDS, TURN_SECONDS, wait_for_turn
from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from warehouse.connection import Warehouse
from warehouse.progress import Run, RunState, Status, finish_run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
FIRST = Run(run_id="first", team_id="acme", flow="refresh", phase=Phase.INCREMENTAL, as_of=T, window=Window(T))


class Logger:
    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, words: str, *values: object) -> None:
        self.said.append(words % values)


@pytest.fixture(autouse=True)
def logger(monkeypatch: pytest.MonkeyPatch) -> Logger:
    logger = Logger()
    monkeypatch.setattr(begin, "get_run_logger", lambda: logger)
    return logger


def test_a_run_of_the_same_flow_is_waited_for_until_it_is_done(warehouse: Warehouse, logger: Logger) -> None:
    start_run(warehouse, FIRST, T)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 40:
            finish_run(warehouse, FIRST, Status.COMPLETE, "completed", T)

    wait_for_turn(
        warehouse, "second", "acme", Deployment.REFRESH, lambda run_id: RunState(run_id, "", "RUNNING"), sleep
    )
    assert len(slept) == 40
    assert logger.said == ["Waiting for the refresh of acme that is at work"]


def test_a_run_of_another_flow_is_not_waited_for(warehouse: Warehouse, logger: Logger) -> None:
    start_run(warehouse, FIRST, T)
    wait_for_turn(warehouse, "second", "acme", Deployment.BACKGROUND, lambda run_id: RunState(run_id, "", "RUNNING"))
    wait_for_turn(warehouse, "second", "other", Deployment.REFRESH, lambda run_id: RunState(run_id, "", "RUNNING"))
    assert logger.said == []


@pytest.mark.parametrize("ending", ["CANCELLED", "CRASHED"])
def test_a_run_that_is_about_to_end_is_waited_for(warehouse: Warehouse, ending: str) -> None:
    start_run(warehouse, FIRST, T)
    states = ["CANCELLING"] * 3

    def read(run_id: str) -> RunState:
        return RunState(run_id, "", states.pop() if states else ending)

    slept: list[float] = []
    wait_for_turn(warehouse, "second", "acme", Deployment.BACKGROUND, read, slept.append)
    assert 0 < len(slept) <= 3


def test_a_silent_run_is_waited_for_while_it_may_contradict(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, T)
    marks = [now(), now(), now() - timedelta(minutes=1), now() - timedelta(minutes=1)]
    slept: list[float] = []

    def read(run_id: str) -> RunState:
        return RunState(run_id, "", "CRASHED", message="No heartbeat for 90 s", since=marks.pop(0))

    wait_for_turn(warehouse, "second", "acme", Deployment.BACKGROUND, read, slept.append)
    assert slept == [TURN_SECONDS]


def test_a_run_that_nobody_ends_is_not_waited_for_without_end(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, T)
    slept: list[float] = []
    cancelling = lambda run_id: RunState(run_id, "", "CANCELLING")  # noqa: E731
    wait_for_turn(warehouse, "second", "acme", Deployment.BACKGROUND, cancelling, slept.append)
    assert sum(slept) == MAX_ENDING_SECONDS
