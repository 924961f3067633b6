"""The rate limit across processes, and the state after a kill. In real time, so slow."""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.llm.arrivals import max_in_window
from simulators.llm.faults import Fault, FaultKind
from warehouse.progress import fail_run

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
# A minute of two seconds: the test is about the window, not its length. benchmarks/rate.py uses real minutes.
REQUESTS, SECONDS, GUARD = 12, 2.0, 1.2


@contextmanager
def process(script: str, *arguments: object) -> Iterator["subprocess.Popen[bytes]"]:
    started = subprocess.Popen([sys.executable, str(HERE / script), *map(str, arguments)])
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def wait_until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def test_five_processes_keep_one_limit_together_also_when_one_is_killed(model: Any, tmp_path: Path) -> None:
    arrivals = model.simulator.arrival_log.arrivals
    arguments = (model.url, tmp_path / "rate.sqlite", REQUESTS, SECONDS, GUARD)
    with ExitStack() as stack:
        started = [stack.enter_context(process("sending_process.py", *arguments)) for _ in range(5)]
        wait_until(lambda: len(arrivals) > 1.5 * REQUESTS)
        started[0].kill()
        wait_until(lambda: len(arrivals) > 3 * REQUESTS)
    seen = list(arrivals)
    assert max_in_window(seen, [1] * len(seen), SECONDS) <= REQUESTS
    steady = [at for at in seen if at > seen[0] + SECONDS]
    achieved = len(steady) / (steady[-1] - steady[0]) / (REQUESTS / (SECONDS + GUARD))
    assert achieved > 0.8  # on a busy machine; the exact share is measured by the clock of test_limiter


def test_after_a_kill_nothing_is_lost_and_only_what_was_in_flight_is_repeated(team: Any, model: Any) -> None:
    team.store_many(80)
    home = team.warehouse.settings.home
    model.simulator.latency = (0.1, 0.3)
    # On a slow machine nearly all could be on their way before the kill: half of them get no answer until then.
    model.faults.append(Fault(FaultKind.HANG, times=None, after=40, seconds=20.0))
    with process("analysis_process.py", home, model.url, "run-1") as first:
        wait_until(lambda: team.count() > 5)
        first.kill()
        first.wait()
    run = team.start("run-1")
    fail_run(team.warehouse, run, "killed", "Retry.", run.as_of, state="crashed")
    model.simulator.latency = (0.0, 0.0)
    model.faults.clear()
    with process("analysis_process.py", home, model.url, "run-2") as second:
        assert second.wait(timeout=180) == 0
    titles = [body.split("Make importer ")[1].split(" ")[0] for body in model.simulator.bodies]
    repeated = [title for title, same in itertools.groupby(sorted(titles)) if len(list(same)) > 1]
    assert team.count() == 80
    assert model.stats()["requests"] - 80 == len(repeated) < 70
