"""Send what waits. It is run as a process of its own, which `start` of `tasks/messages/sending.py` begins.

    python -m tasks.messages.send

It prints one line of JSON: how many messages were sent and how many not, or why it could not begin. A message is cut
off after 30 seconds, and its reason is kept with it; the process ends itself after two minutes, and whoever started it
kills it then. A claim of a message lasts five, so that no other process sends the same one meanwhile.
"""

import json
import sys
from dataclasses import asdict

from tasks.clock import wall_clock
from tasks.messages.addresses import open_channels
from tasks.messages.deliver import deliver
from tasks.messages.time_limit import end_in_time, limit_time
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError


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
