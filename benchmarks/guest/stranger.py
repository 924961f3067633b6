"""A flow of other people, which only sleeps: `python -m benchmarks.guest.stranger NAME SECONDS [--without-heartbeats]`.

It is served as a deployment of that name, with the heartbeats that Prefect sends by default; or it runs at once, and
sends none.
"""

import sys
import time

from prefect import flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@flow
def stranger(seconds: float) -> None:
    time.sleep(seconds)


def main() -> None:
    name, seconds, *rest = sys.argv[1:]
    if rest:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            stranger.with_options(flow_run_name=name)(float(seconds))
    else:
        stranger.serve(name, parameters={"seconds": float(seconds)})


if __name__ == "__main__":
    main()
