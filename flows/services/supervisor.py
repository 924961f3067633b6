"""Start processes, watch them, and end them all: in order, each within a time limit, with nothing left over.

Each child leads a session of its own, so that Ctrl-C in the terminal reaches prflow alone, which then ends the
children in an order that lets them finish. POSIX only.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.services.processes import descendants, end_processes
from warehouse.errors import PrflowError

TICK_SECONDS = 0.1
TAIL_LINES = 20
DEFAULT_SECONDS = 3.0


class ServiceDied(PrflowError):
    """A child ended unexpectedly; the message names it, `tail` is the end of its log."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        super().__init__(
            f"The {name} ended unexpectedly (exit code {code}).", f"See its log, {log}, then start prflow again."
        )
        self.tail = read_tail(log)


class NotReady(PrflowError):
    """A child runs but did not respond in time; the message names it, the hint its log."""


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid


@dataclass(frozen=True)
class Ending:
    """A step of ending: child `name`, or only what it started, gets SIGTERM, and SIGKILL after `seconds`."""

    name: str
    seconds: float
    only_what_it_started: bool = False


class Supervisor:
    """The children of this process. They end in the order of `ending`, those that it does not name last."""

    def __init__(self, logs: Path, ending: Sequence[Ending] = ()) -> None:
        self.logs = logs
        self.children: dict[str, Child] = {}
        self._ending = tuple(ending)
        self._is_asked_to_end = threading.Event()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Child:
        """Start a child in a session of its own. Its output replaces `<logs>/<name>.log`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  the command is ours
                list(command),
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.children[name] = Child(name, process, log)
        return self.children[name]

    def ask_to_end(self) -> None:
        """Let the next `check` raise. For signal handlers, which must not interrupt whatever runs."""
        self._is_asked_to_end.set()

    def sleep(self, seconds: float) -> None:
        """Sleep, or return early if asked to end meanwhile."""
        self._is_asked_to_end.wait(seconds)

    def check(self) -> None:
        """Raise KeyboardInterrupt if asked to end, ServiceDied if a child has ended."""
        if self._is_asked_to_end.is_set():
            raise KeyboardInterrupt
        for child in self.children.values():
            if (code := child.process.poll()) is not None:
                raise ServiceDied(child.name, code, child.log)

    def wait(self, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        """Return once `is_ready`. Raise NotReady after `seconds`, and whatever `check` raises meanwhile."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                log = self.children[name].log
                raise NotReady(f"The {name} did not respond within {seconds:.0f} s.", f"See its log, {log}.")
            self.sleep(TICK_SECONDS)

    def end(self) -> None:
        """End every child and whatever it started."""
        for step in self._ending:
            if (child := self.children.get(step.name)) is None:
                continue
            if step.only_what_it_started:
                end_processes(descendants(child.pid), step.seconds)
            else:
                self._end_one(child, step.seconds)
        for child in self.children.values():
            self._end_one(child, DEFAULT_SECONDS)

    def _end_one(self, child: Child, seconds: float) -> None:
        started = descendants(child.pid)
        if child.process.poll() is None:
            child.process.terminate()
            try:
                child.process.wait(seconds)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        end_processes(started, seconds=0.0)


def read_tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log; empty if it cannot be read."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
