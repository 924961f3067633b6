"""Prefect's Secret blocks, from the command line: where their server is, and how to read one."""

import os

from flows.cli.parts.home import keep_prefect_within, real_home
from flows.services import prefect_api
from flows.services.prefect_password import use_prefect_of
from flows.services.settings import ServiceSettings
from flows.services.state import read_services
from tasks.checks import ReadBlock


def prefect_address() -> str:
    """Return the address of the Prefect server in use; empty if none is known."""
    services = read_services(real_home())
    if services and services.prefect_api_url == (ServiceSettings().prefect_api_url or services.prefect_api_url):
        use_prefect_of(services)
    return ServiceSettings().prefect_api_url or (services.prefect_api_url if services else "")


def find_block_reader() -> ReadBlock | None:
    """Return how to read a Secret block; None if no Prefect server runs, since Prefect takes seconds to import."""
    address = prefect_address()
    if not address or not prefect_api.is_healthy(address):
        return None
    os.environ["PREFECT_API_URL"] = address
    keep_prefect_within(real_home())
    from tasks.blocks import read_block

    return read_block
