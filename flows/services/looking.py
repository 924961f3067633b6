"""Ask something again and again in a thread, because one response of a busy server may take long."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

TICK_SECONDS = 0.1


class Look:
    """Ask `is_ready` until it is true or until `stop`. An exception of `is_ready` ends the asking and is kept."""

    def __init__(self, is_ready: Callable[[], bool]) -> None:
        self._is_ready = is_ready
        self._since = time.monotonic()
        self._error: BaseException | None = None
        self._is_true = threading.Event()
        self._is_stopped = threading.Event()
        # A daemon: a response that never comes must not keep prflow from ending.
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        try:
            while not self._is_stopped.is_set():
                if self._is_ready():
                    self._is_true.set()
                    return
                self._is_stopped.wait(TICK_SECONDS)
        except Exception as error:  # noqa: BLE001  raised again where the result is read
            self._error = error
            self._is_stopped.set()

    def is_true(self, seconds: float = 0.0) -> bool:
        """Return whether it is ready by now, or within `seconds`. Raise what `is_ready` raised."""
        found = self._is_true.wait(seconds)
        if self._error is not None:
            raise self._error
        return found

    def silent_seconds(self) -> float:
        """Return the seconds since the beginning: it has not been true yet."""
        return time.monotonic() - self._since

    def stop(self) -> None:
        """Ask no further. A question under way is left to its own time limit."""
        self._is_stopped.set()


class Pulse:
    """Ask `is_ready` every `every` seconds in a thread, and tell for how long it has not been true."""

    def __init__(self, is_ready: Callable[[], bool], every: float) -> None:
        self._is_ready = is_ready
        self._every = every
        self._felt_at = time.monotonic()
        self._is_stopped = threading.Event()
        threading.Thread(target=self._feel, daemon=True).start()

    def _feel(self) -> None:
        while not self._is_stopped.wait(self._every):
            with suppress(Exception):  # whatever is wrong, it has not responded
                if self._is_ready():
                    self._felt_at = time.monotonic()

    def silent_seconds(self) -> float:
        """Return the seconds since it was true the last time, or since the beginning."""
        return time.monotonic() - self._felt_at

    def stop(self) -> None:
        """Ask no further."""
        self._is_stopped.set()


@contextmanager
def looking(is_ready: Callable[[], bool]) -> Iterator[Look]:
    """Look for as long as the block runs."""
    look = Look(is_ready)
    try:
        yield look
    finally:
        look.stop()
