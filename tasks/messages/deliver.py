"""Send the messages that wait. What is not sent waits for the next run, and says why in the meantime."""

import time
from collections.abc import Callable
from datetime import datetime

from tasks.messages.addresses import Channels
from tasks.messages.channel import NotSent
from tasks.messages.sending import Delivered
from tasks.messages.write import write_letter
from warehouse.connection import Warehouse
from warehouse.events.outbox import Message, claim_messages, has_waiting, note_result

MAX_SECONDS = 60.0
"""No delivery takes much longer than this: what is left is sent by the next."""


def deliver(warehouse: Warehouse, channels: Channels, clock: Callable[[], datetime]) -> Delivered:
    """Send the messages that wait for these channels; nothing is written if none does."""
    deadline, total = time.monotonic() + MAX_SECONDS, Delivered()
    while channels and time.monotonic() < deadline and has_waiting(warehouse, clock()):
        batch = claim_messages(warehouse, list(channels), clock())
        results = _send_all(warehouse, batch, channels, clock, deadline)
        note_result(warehouse, results, clock())
        failed = sum(error is not None for _, error in results)
        total = Delivered(total.sent + len(results) - failed, total.failed + failed)
        if failed or len(results) < len(batch) or not batch:
            break
    return total


def _send_all(
    warehouse: Warehouse, batch: list[Message], channels: Channels, clock: Callable[[], datetime], deadline: float
) -> list[tuple[Message, str | None]]:
    """Return the result of each message that was tried in time. A channel that is down is tried once."""
    down: dict[str, str] = {}
    results: list[tuple[Message, str | None]] = []
    for message in batch:
        if time.monotonic() > deadline:
            break
        name = message.to.channel
        error = down.get(name) or _send(warehouse, message, channels, clock, down)
        results.append((message, error))
    return results


def _send(
    warehouse: Warehouse, message: Message, channels: Channels, clock: Callable[[], datetime], down: dict[str, str]
) -> str | None:
    """Send a message; return why it was not sent, None if it was."""
    name = message.to.channel
    try:
        letter = write_letter(warehouse, message, clock())
        channels[name].send(message.to.address, letter, message.id)
    except NotSent as error:
        words = f"{error} {error.hint}".strip()
        if error.is_for_all:
            down[name] = words
        return words
    except Exception as error:  # noqa: BLE001  whatever is wrong with one message, the others are sent
        return f"The message could not be written ({type(error).__name__})."
    return None
