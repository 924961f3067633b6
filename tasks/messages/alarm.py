"""Tell people that nothing happens: run as a process of its own by the set-up service, when no flow does it.

    python -m tasks.messages.alarm

It notes what stands, and sends it, exactly as a run does. If both do, only one finds it new.
"""

from datetime import timedelta

from tasks.clock import wall_clock
from tasks.messages.addresses import Channels, address_book, open_channels
from tasks.messages.deliver import deliver
from tasks.messages.sending import Delivered
from tasks.messages.settings import MessageSettings
from tasks.messages.time_limit import end_in_time, limit_time
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.events.find import find_events
from warehouse.events.outbox import note_events


def sound(channels: Channels | None = None) -> Delivered:
    """Note what stands now, and send what waits by the channels; None for those of the settings.

    A warehouse of another version is left to the next run.
    """
    with Warehouse() as warehouse:
        if not migrations.is_current(warehouse):
            return Delivered()
        found = find_events(warehouse, wall_clock(), timedelta(hours=MessageSettings().stale_hours))
        note_events(warehouse, found, address_book(warehouse), wall_clock())
        return deliver(warehouse, open_channels() if channels is None else channels, wall_clock)


if __name__ == "__main__":
    end_in_time()
    sound(limit_time(open_channels()))
