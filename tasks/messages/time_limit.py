"""A limit of time for each message, and for the process that sends them.

A server may send a byte now and then for ever, within every timeout of a read.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Timer

from tasks.messages.channel import Channel, NotSent
from tasks.messages.environment import PROCESS_SECONDS
from tasks.messages.letter import Letter

MESSAGE_SECONDS = 30.0
HINT = "Check the channels with `prflow notify test`. What waits is tried again by the next run."


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


def limit_time(channels: Mapping[str, Channel], seconds: float | None = None) -> dict[str, Channel]:
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
