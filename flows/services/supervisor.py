"""Start processes, watch them, start again those that die, and end them all: in order, with nothing left over.

Each child leads a session of its own, so that Ctrl-C in the terminal reaches prflow alone, which then ends the
children in an order that lets them finish. POSIX only.
"""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from dashboard.reading.services import NAMES
from flows.lifecycle.clock import now
from flows.services.logs import cut_if_large, keep_earlier
from flows.services.looking import TICK_SECONDS, Look, Pulse, looking
from flows.services.processes import descendants, end_group, end_processes
from warehouse.errors import PrflowError

TAIL_LINES = 20
DEFAULT_SECONDS = 3.0
# How often a child is asked within the time after which it is taken to hang.
PULSES = 6
# A child that was started again and is asked whether it hangs gets this long to be ready, if that is longer.
START_SECONDS = 180.0
# Tells a child that it takes the place of one that died. The value is the time of that death, ISO 8601 in UTC.
STARTED_AGAIN = "PRFLOW_STARTED_AGAIN"
# Parts the output of a child from that of the one whose place it takes.
AGAIN_LINE = b"--- started again ---\n"


class ServiceDied(PrflowError):
    """A child ended and is not started again; the message names it, `tail` is the end of its log."""

    def __init__(self, name: str, code: int, log: Path, deaths: int = 1) -> None:
        times = f" for the {deaths}th time" if deaths > 1 else ""
        super().__init__(
            f"{call(name)} ended unexpectedly{times} ({describe_code(code)}).",
            f"See its log, {log}, then start prflow again.",
        )
        self.tail = read_tail(log)


class NotReady(PrflowError):
    """A child runs but did not respond in time; the message names it, the hint its log."""


class Stopped(KeyboardInterrupt):
    """A signal asks prflow to end. `number` is the signal's."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__()
        self.number = number


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid


@dataclass(frozen=True)
class Program:
    """What a child runs, to start it again. `is_ready` may block; `sockets` are inherited.

    One that is alive but not ready for `hang_seconds` hangs, and is ended and started again; None if nobody looks.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    is_ready: Callable[[], bool] | None = None
    sockets: tuple[int, ...] = ()
    hang_seconds: float | None = None


@dataclass(frozen=True)
class Ending:
    """A step of ending: child `name`, or only what it started, gets SIGTERM, and SIGKILL after `seconds`."""

    name: str
    seconds: float
    only_what_it_started: bool = False


@dataclass(frozen=True)
class Restarts:
    """How often a child that dies is started again: after each of `pauses` seconds, then no more.

    Deaths further back than `window_seconds` do not count. `say` gets one sentence per death.
    """

    say: Callable[[str], None]
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    window_seconds: float = 600.0


@dataclass
class _Health:
    """The deaths of one child (time.monotonic), and what is under way to have it back."""

    deaths: list[float] = field(default_factory=list)
    died_at: datetime | None = None
    due: float | None = None
    look: Look | None = None
    pulse: Pulse | None = None
    was_ready: bool = False

    def stop_asking(self) -> None:
        """Ask the child nothing more."""
        for one in (self.look, self.pulse):
            if one:
                one.stop()
        self.pulse = None


class Supervisor:
    """The children of this process. They end in the order of `ending`, those that it does not name last.

    Without `restarts` the death of a child is an error at once. `changed` is called when a child has died, was
    started again, or is ready again.
    """

    def __init__(self, logs: Path, ending: Sequence[Ending] = (), restarts: Restarts | None = None) -> None:
        self.logs = logs
        self.children: dict[str, Child] = {}
        self.changed: Callable[[], object] = lambda: None
        self._sockets: list[socket.socket] = []
        self._ending = tuple(ending)
        self._restarts = restarts
        self._programs: dict[str, Program] = {}
        self._health: dict[str, _Health] = {}
        self._is_asked_to_end = threading.Event()
        self._signal: int = signal.SIGINT

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        is_ready: Callable[[], bool] | None = None,
        sockets: Sequence[int] = (),
        hang_seconds: float | None = None,
    ) -> Child:
        """Start a child in a session of its own. Its output is `<logs>/<name>.log`; the one of before is kept.

        `is_ready` says whether the child does its work, which is asked for each time that it is started again.
        """
        program = Program(tuple(command), dict(environment), folder, is_ready, tuple(sockets), hang_seconds)
        self._programs[name] = program
        self._health[name] = _Health()
        keep_earlier(self.logs / f"{name}.log")
        child = self._spawn(name, program)
        if self._restarts and is_ready:
            self._health[name].look = Look(is_ready)
        return child

    def _spawn(self, name: str, program: Program, first_line: bytes = b"") -> Child:
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            output.write(first_line)
            output.flush()
            process = subprocess.Popen(  # noqa: S603  the command is ours
                program.command,
                env=program.environment,
                cwd=program.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=program.sockets,
            )
        self.children[name] = Child(name, process, log)
        return self.children[name]

    def ask_to_end(self, number: int = signal.SIGINT) -> None:
        """Let the next `check` raise. For signal handlers, which must not interrupt whatever runs."""
        self._signal = number
        self._is_asked_to_end.set()

    def sleep(self, seconds: float) -> None:
        """Sleep, or return early if asked to end meanwhile."""
        self._is_asked_to_end.wait(seconds)

    def check(self) -> None:
        """Raise Stopped if asked to end, ServiceDied if a child has ended and is not started again."""
        if self._is_asked_to_end.is_set():
            raise Stopped(self._signal)
        for child in list(self.children.values()):
            cut_if_large(child.log)
            health = self._health[child.name]
            if (code := child.process.poll()) is None:
                self._note_ready(child, health)
                self._end_if_hanging(child, health)
            elif health.due is None:
                self._note_death(child, code, health)
            elif time.monotonic() >= health.due:
                self._start_again(child, health)

    def away(self) -> dict[str, datetime]:
        """Return the children that have died and are not back yet, with the time of the death in UTC."""
        return {name: health.died_at for name, health in self._health.items() if health.died_at}

    def _note_ready(self, child: Child, health: _Health) -> None:
        if health.look is None or not health.look.is_true():
            return
        self.mark_ready(child.name)
        if health.died_at:
            health.died_at = None
            self.changed()

    def _end_if_hanging(self, child: Child, health: _Health) -> None:
        """Kill a child that is alive and responds no more: the next check notes its death, and has it started again."""
        seconds = self._programs[child.name].hang_seconds
        asked = health.pulse or health.look
        if self._restarts is None or not seconds or not health.was_ready or asked is None:
            return
        if health.pulse is None:
            seconds = max(seconds, START_SECONDS)
        if asked.silent_seconds() < seconds:
            return
        self._restarts.say(f"{call(child.name)} has not responded for {seconds:.0f} s and is ended.")
        health.stop_asking()
        child.process.kill()
        child.process.wait()

    def _note_death(self, child: Child, code: int, health: _Health) -> None:
        """Plan another start, or raise ServiceDied if there were too many or the program cannot start at all."""
        health.stop_asking()
        is_fault_at_start = code >= 0 and not health.was_ready
        if self._restarts is None or is_fault_at_start:
            raise ServiceDied(child.name, code, child.log)
        at = time.monotonic()
        health.deaths = [one for one in health.deaths if at - one < self._restarts.window_seconds] + [at]
        tries = len(health.deaths)
        if tries > len(self._restarts.pauses):
            raise ServiceDied(child.name, code, child.log, tries)
        end_group(child.pid)  # what it had started would go on beside what its successor starts
        health.died_at, health.due = now(), at + self._restarts.pauses[tries - 1]
        count = f"{tries} of {len(self._restarts.pauses)}"
        self._restarts.say(
            f"{call(child.name)} ended unexpectedly ({describe_code(code)}). Starting it again ({count}); "
            f"its log is {child.log}."
        )
        self.changed()

    def _start_again(self, child: Child, health: _Health) -> None:
        program = self._programs[child.name]
        died_at = health.died_at.isoformat() if health.died_at else ""
        environment = {**program.environment, STARTED_AGAIN: died_at}
        self._spawn(child.name, replace(program, environment=environment), AGAIN_LINE)
        health.due = None
        health.look = Look(program.is_ready or (lambda: True))
        self.changed()

    def keep(self, listener: socket.socket) -> socket.socket:
        """Keep a socket open for a child that inherits it, until the end."""
        self._sockets.append(listener)
        return listener

    def wait(self, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        """Return once `is_ready`. Raise NotReady after `seconds`, and whatever `check` or `is_ready` raises meanwhile.

        `is_ready` is asked in a thread and may block: a slow response does not end the wait, and deaths and signals are
        noticed meanwhile.
        """
        deadline = time.monotonic() + seconds
        with looking(is_ready) as look:
            while not look.is_true(TICK_SECONDS):
                self.check()
                if time.monotonic() > deadline:
                    child = self.children.get(name)
                    hint = f"See its log, {child.log}." if child else f"See the log of the {name} in the home folder."
                    raise NotReady(f"{call(name)} did not respond within {seconds:.0f} s.", hint)
        self.mark_ready(name)

    def mark_ready(self, name: str) -> None:
        """Note that a child does its work: from now on it is started again if it dies, or hangs."""
        if (health := self._health.get(name)) is None:
            return
        if health.look:
            health.look.stop()
        health.look, health.was_ready = None, True
        program = self._programs[name]
        if self._restarts and program.is_ready and program.hang_seconds and health.pulse is None:
            health.pulse = Pulse(program.is_ready, program.hang_seconds / PULSES)

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
        for health in self._health.values():
            health.stop_asking()
        while self._sockets:
            self._sockets.pop().close()

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


def call(name: str) -> str:
    """Return the name of a child as a sentence begins with it."""
    return NAMES.get(name, f"The {name}")


def describe_code(code: int) -> str:
    """Return what an exit code means: negative ones are signals."""
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def has_said(child: Child, words: str) -> bool:
    """Return whether the child has written `words` since it was started; not what one before it wrote."""
    try:
        return words.encode() in child.log.read_bytes().rpartition(AGAIN_LINE)[2]
    except OSError:
        return False


def read_tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log; empty if it cannot be read."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
