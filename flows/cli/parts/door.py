"""The last door of the command line: how a command ends, whatever happened.

An error is one sentence and what to do about it, never a traceback: that goes to `<home>/logs/prflow.log`. A signal is
one line, and the exit code that shells give it. Heavy modules are imported only if there is an error.
"""

import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flows.cli.parts.terminal import Terminal
from flows.services.supervisor import Stopped

LOG_FILE = "logs/prflow.log"
MAX_LOG_BYTES = 1_000_000


def run(command: Callable[[], object]) -> NoReturn:
    """Run a command and exit: 0 if its work was done, 1 after an error, 128 and the signal's number after a signal."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        command()
    except (KeyboardInterrupt, SystemExit) as ending:
        number = _find_signal(ending)
        if number is None:
            raise
        print("Stopped." if number == signal.SIGINT else f"Stopped by {number.name}.", file=sys.stderr)
        sys.exit(128 + number)
    except Exception as error:  # noqa: BLE001  nothing else stands between an error and the person
        report(error)
        sys.exit(1)
    finally:
        signal.signal(signal.SIGTERM, before)
    sys.exit(0)


def _find_signal(ending: BaseException | None) -> signal.Signals | None:
    """Return the signal that ended the command, of which Typer makes an exit code of its own; None if none did."""
    while ending is not None and not isinstance(ending, KeyboardInterrupt):
        ending = ending.__cause__ or ending.__context__
    return None if ending is None else signal.Signals(getattr(ending, "number", signal.SIGINT))


def report(error: Exception) -> None:
    """Print the error as one sentence and the way out, on stderr."""
    terminal = Terminal(stderr=True, soft_wrap=True)
    if tail := getattr(error, "tail", ""):
        terminal.print(tail, style="dim")
    message, hint = explain(error)
    terminal.print(message, style="red")
    if hint:
        terminal.print(hint)


def explain(error: Exception) -> tuple[str, str]:
    """Return what to say about an error, and the way out. What nobody foresaw goes to the log with its traceback."""
    from flows.cli.parts.home import find_home
    from flows.lifecycle.explain import describe, say
    from warehouse.errors import PrflowError
    from warehouse.home.broken import diagnose

    if type(error).__name__ == "ValidationError":  # of the settings, which therefore cannot be read here either
        return say(error), ""
    settings = find_home().settings
    if found := diagnose(error, settings):
        return found.message, found.hint
    if isinstance(error, PrflowError):
        return say(error), error.hint
    words, _ = describe(error)
    return f"prflow met an error that it does not know: {words}", _write_log(error, settings.home.resolve())


def _write_log(error: Exception, home: Path) -> str:
    """Append the traceback to the log; say where it is, or only where the error arose if the log cannot be written."""
    from flows.lifecycle.clock import now
    from flows.lifecycle.explain import mask

    file = home / LOG_FILE
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        is_long = file.exists() and file.stat().st_size > MAX_LOG_BYTES
        with file.open("w" if is_long else "a") as log:
            text = mask("".join(traceback.format_exception(error)))
            log.write(f"{now():%Y-%m-%d %H:%M:%S} UTC  prflow {' '.join(sys.argv[1:2])}\n{text}\n")
        return f"The details are in {file}. Please report it."
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"It arose in {place.filename}, line {place.lineno}. Please report it."


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)
