"""`prflow up`: start everything, onboard an owner if one is given, and keep running until Ctrl-C."""

import signal

from dashboard.reading.settings import DashboardSettings
from flows.cli.parts.credentials import require_credentials, require_usable_settings
from flows.cli.parts.follow import follow_onboarding
from flows.cli.parts.home import real_home
from flows.cli.parts.login_check import require_usable_login
from flows.cli.parts.queueing import queue_onboarding
from flows.cli.parts.terminal import Terminal, marked
from flows.lifecycle.settings import FlowSettings
from flows.services.services import Plan, running, watch_over
from flows.services.settings import ServiceSettings
from flows.services.state import Services
from flows.services.supervisor import Stopped, Supervisor


def up(owner: str | None, log_json: bool = False) -> None:
    console = Terminal(soft_wrap=True)
    require_usable_settings()
    require_usable_login(real_home())
    if owner:
        require_credentials(owner)
    with running(own_plan(log_json), console) as (services, supervisor):
        if owner:
            queue = lambda: queue_onboarding(services, owner, {}, supervisor)  # noqa: E731
            follow_onboarding(console, queue, owner, supervisor, exit_when_done=False)
        serve(console, services, supervisor)


def own_plan(log_json: bool = False) -> Plan:
    """Return what `prflow up` starts: everything but simulators, on the real home."""
    settings = ServiceSettings()
    return Plan(
        real_home(),
        dashboard_port=settings.dashboard_port,
        prefect_api_url=settings.prefect_api_url,
        dashboard_url=FlowSettings().dashboard_url,
        dashboard_address=DashboardSettings().address,
        log_json=log_json or settings.log_json,
    )


def serve(console: Terminal, services: Services, supervisor: Supervisor) -> None:
    """Keep running until Ctrl-C, which is how this is meant to end."""
    console.print(f"\nOpen [bold]{marked(services.dashboard_url)}[/]. Press Ctrl-C to stop.", markup=True)
    try:
        watch_over(supervisor)
    except Stopped as ending:
        if ending.number != signal.SIGINT:
            raise
        console.print("Stopping ...")
