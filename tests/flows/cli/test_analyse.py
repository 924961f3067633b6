"""`prflow analyse`: how a run is followed, and what is said at its end."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import typer

from flows.cli.analyse import describe, follow, print_result
from flows.cli.parts.follow import RunFailed
from flows.cli.parts.terminal import Terminal
from flows.services.prefect_api import FlowRun
from flows.services.supervisor import Supervisor
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, fail_run, finish_run, note_moved, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
RUN = Run(
    run_id="00000000-0000-0000-0000-000000000001",
    team_id="acme",
    flow="analysis",
    phase=Phase.INCREMENTAL,
    as_of=T,
    window=Window(T),
)
COUNTS = {"llm_total": 10, "llm_by_rule": 2, "llm_by_model": 5, "llm_failed": 1, "llm_left": 2, "llm_stopped": "Quota."}


class Steps(Supervisor):
    """Does the next thing each time that someone waits a little."""

    def __init__(self, warehouse: Warehouse, *steps: Callable[[], None]) -> None:
        super().__init__(warehouse.settings.home)
        self._steps = list(steps)

    def sleep(self, seconds: float) -> None:
        self._steps.pop(0)()


@pytest.fixture(autouse=True)
def _no_prefect(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))


def go(warehouse: Warehouse, *steps: Callable[[], None]) -> dict[str, Any]:
    console = Terminal(file=StringIO())
    return follow(warehouse, FlowRun(RUN.run_id, "analysis/acme", "http://prefect"), console, Steps(warehouse, *steps))


def test_a_run_is_followed_to_its_end(warehouse: Warehouse) -> None:
    row = go(
        warehouse,
        lambda: start_run(warehouse, RUN, T),
        lambda: note_moved(warehouse, RUN, T, **COUNTS),
        lambda: finish_run(warehouse, RUN, Status.COMPLETE, "partial", T),
    )
    assert (row["state"], row["llm_by_model"]) == ("partial", 5)


def test_a_run_that_fails_says_why_and_what_to_do(warehouse: Warehouse) -> None:
    with pytest.raises(RunFailed, match="refused the key") as caught:
        go(
            warehouse,
            lambda: start_run(warehouse, RUN, T),
            lambda: fail_run(warehouse, RUN, "The provider refused the key (HTTP 401).", "Check GROQ_API_KEY.", T),
        )
    assert caught.value.hint == "Check GROQ_API_KEY."


def test_a_wait_is_shown_with_its_end() -> None:
    assert describe({"waiting_until": None, "llm_total": 3}) == "Reading"
    waiting = {"waiting_until": T, "llm_total": 3}
    said = "Waiting for the language model's rate limit until 12:00:00 UTC"
    assert describe(waiting | {"waiting_for": "llm"}) == said
    said = "Waiting for the language model, which does not respond, until 12:00:00 UTC"
    assert describe(waiting | {"waiting_for": "llm_away"}) == said


ROW = {"run_id": "r", "state": "partial", "llm_requests": 6, "llm_tokens": 5_000, "llm_cost_usd": None, **COUNTS}


@pytest.mark.parametrize(
    ("limit", "left", "is_done"), [(None, 2, False), (6, 2, True), (None, 0, True)], ids=["quota", "limit", "all"]
)
def test_success_is_only_what_was_asked_for(
    capsys: pytest.CaptureFixture[str], limit: int | None, left: int, is_done: bool
) -> None:
    console = Terminal(stderr=True)
    if is_done:
        print_result(ROW | {"llm_left": left}, limit, console, as_json=True)
    else:
        with pytest.raises(typer.Exit):
            print_result(ROW | {"llm_left": left}, limit, console, as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["by_model"] == 5
    assert ("Quota." in said.err) is not is_done
