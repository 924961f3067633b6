"""Send what waits, in a process of its own: no mail server, however slow, holds up or ends the process of a run.

    python -m tasks.messages.send

It prints one line of JSON: how many messages were sent and how many not, or why it could not begin. A server may send
a byte now and then for ever, within every timeout of a read. So a message is cut off after 30 seconds, and its reason
is kept with it; the process ends itself after two minutes, and whoever started it kills it then. A claim of a message
lasts five, so that no other process sends the same one meanwhile.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Timer
from time import monotonic

from tasks.clock import wall_clock
from tasks.messages.addresses import Channels, open_channels
from tasks.messages.channel import Channel, NotSent
from tasks.messages.deliver import Delivered, deliver
from tasks.messages.environment import PROCESS_SECONDS, environment_of_channels
from tasks.messages.letter import Letter
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError

MESSAGE_SECONDS = 30.0
COMMAND = (sys.executable, "-m", "tasks.messages.send")
HINT = "Check the channels with `prflow notify test`. What waits is tried again by the next run."


class NotFinished(PrflowError):
    """The process that sends messages did not do its work."""


@dataclass(frozen=True)
class Sending:
    """The process that sends. It is killed at `until`, by the monotonic clock."""

    process: "subprocess.Popen[str]"
    until: float

    def finish(self) -> Delivered:
        """Return what was sent, at the latest when the time is over; raise NotFinished."""
        try:
            said, _ = self.process.communicate(timeout=max(0.0, self.until - monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise NotFinished("Sending the messages took too long and was ended.", HINT) from None
        try:
            found = json.loads(said)
        except ValueError:
            raise NotFinished("The process that sends messages ended before it was done.", HINT) from None
        if "error" in found:
            raise NotFinished(f"Messages could not be sent: {found['error']}", HINT)
        return Delivered(**found)


def start(seconds: float = PROCESS_SECONDS, environment: Mapping[str, str] = os.environ) -> Sending:
    """Start the process that sends what waits. It is told the settings of channels and warehouse, and no other."""
    told = environment_of_channels(environment)
    process = subprocess.Popen(  # noqa: S603  our own command
        COMMAND, env=told, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return Sending(process, monotonic() + seconds)


class _Limited:
    """A channel each of whose messages has a limited time. It works in the main thread only."""

    def __init__(self, channel: Channel, seconds: float) -> None:
        self.name = channel.name
        self._channel, self._seconds = channel, seconds

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Send; raise NotSent, also if the time is over."""
        with _limit(self.name, self._seconds):
            self._channel.send(address, letter, id_)

    def check(self) -> str:
        """Check; raise NotSent, also if the time is over."""
        with _limit(self.name, self._seconds):
            return self._channel.check()


def limit_time(channels: Channels, seconds: float | None = None) -> dict[str, Channel]:
    """Return the channels with a limit of time for each message, `MESSAGE_SECONDS` if no other is given."""
    return {
        name: _Limited(channel, MESSAGE_SECONDS if seconds is None else seconds) for name, channel in channels.items()
    }


@contextmanager
def _limit(name: str, seconds: float) -> Iterator[None]:
    """Raise NotSent after so many seconds, and again each second, for clients say goodbye to a server that is slow."""

    def end(_signal: int, _frame: object) -> None:
        raise NotSent(f"The server of {name} did not finish within {seconds:.0f} seconds.", HINT)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def end_in_time(seconds: float = PROCESS_SECONDS) -> None:
    """End this process after so many seconds, whatever it waits for, also if who started it is gone."""
    timer = Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def _send_waiting() -> dict[str, object]:
    try:
        with Warehouse() as warehouse:
            return asdict(deliver(warehouse, limit_time(open_channels()), wall_clock))
    except PrflowError as error:
        return {"error": f"{error} {error.hint}".strip()}
    except Exception as error:  # noqa: BLE001  the edge of a process; the words of an unknown error may hold a secret
        return {"error": type(error).__name__}


if __name__ == "__main__":
    end_in_time()
    sys.stdout.write(json.dumps(_send_waiting()))
