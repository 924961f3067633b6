"""How a command ends: one line after a signal, one sentence after an error."""

import os
import signal
import time
from typing import Any

import pytest

from flows.cli.parts import door
from flows.services.supervisor import Stopped
from warehouse.errors import PrflowError


def send(number: signal.Signals) -> None:
    """Send a signal to this process, as a service manager or a terminal does, and work on until it arrives."""
    os.kill(os.getpid(), number)
    while True:
        time.sleep(0)


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [(signal.SIGTERM, 143, "Stopped by SIGTERM."), (signal.SIGINT, 130, "Stopped.")],
)
def test_a_signal_ends_any_command_with_one_line_and_the_exit_code_of_shells(
    number: signal.Signals, code: int, line: str, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("flows.cli.status.show_status", lambda *_: send(number))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may run in the background, which has none
    try:
        assert run("status") == (code, "", f"{line}\n")
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_services_that_are_stopped_end_the_command_in_the_same_way(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise Stopped(signal.SIGHUP)

    monkeypatch.setattr("flows.cli.status.show_status", stop)
    assert run("status") == (129, "", "Stopped by SIGHUP.\n")


def test_an_error_of_ours_is_its_message_and_its_hint(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PrflowError("It cannot be done.", "Do this instead.")

    monkeypatch.setattr("flows.cli.status.show_status", fail)
    assert run("status") == (1, "", "It cannot be done.\nDo this instead.\n")


def test_what_a_child_wrote_last_stands_above_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    error = PrflowError("The worker ended.", "See its log.")
    error.tail = "port is taken"  # type: ignore[attr-defined]
    door.report(error)
    assert capsys.readouterr().err == "port is taken\nThe worker ended.\nSee its log.\n"
