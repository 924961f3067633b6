"""Start the process that sends messages: no mail server, however slow, holds up or ends the process of a run."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from tasks.messages.environment import PROCESS_SECONDS, environment_of_channels
from tasks.messages.time_limit import HINT
from warehouse.errors import PrflowError

COMMAND = (sys.executable, "-m", "tasks.messages.send")


@dataclass(frozen=True)
class Delivered:
    """How many messages were sent, and how many were not."""

    sent: int = 0
    failed: int = 0


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


def start(seconds: float | None = None, environment: Mapping[str, str] = os.environ) -> Sending:
    """Start the process that sends what waits. It is told the settings of channels and warehouse, and no other."""
    told = environment_of_channels(environment)
    process = subprocess.Popen(  # noqa: S603  our own command
        COMMAND, env=told, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return Sending(process, monotonic() + (PROCESS_SECONDS if seconds is None else seconds))
