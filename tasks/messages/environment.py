"""What a process that sends messages is told, and how long it may take. Importing this imports no channel."""

import os
from collections.abc import Mapping

from tasks import plain_http
from warehouse.flags import PREFIX as FLAGS
from warehouse.guard.child_environment import WAREHOUSE_PREFIXES, for_machine, for_network, pick

PROCESS_SECONDS = 120.0
SETTINGS = (
    *("PRFLOW_HOME", "PRFLOW_WAREHOUSE_", "PRFLOW_DASHBOARD_", FLAGS, plain_http.VARIABLE, *WAREHOUSE_PREFIXES),
    *("PRFLOW_SMTP_", "PRFLOW_SLACK_", "PRFLOW_APPRISE_"),
)


def environment_of_channels(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what a process is told that sends messages."""
    return for_machine(environment) | for_network(environment) | pick(environment, (), SETTINGS)
