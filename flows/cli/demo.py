"""`prflow demo`: run everything on a simulated GitHub and a simulated model."""

import time
from datetime import datetime

from rich.table import Table

from flows.cli.parts.follow import Watch, follow_onboarding
from flows.cli.parts.home import demo_home
from flows.cli.parts.queueing import queue_onboarding
from flows.cli.parts.terminal import Terminal
from flows.cli.up import serve
from flows.services.environment import DEMO_OWNER
from flows.services.services import Plan, running
from flows.services.settings import ServiceSettings
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.progress import Status


def demo(exit_when_done: bool, begins_with_set_up: bool, pull_requests: int, as_of: datetime | None) -> None:
    """Run the demo; with the set-up, which a person walks in the browser, it follows nothing by itself."""
    if begins_with_set_up:
        if exit_when_done:
            raise BadArgument("--setup waits for a person, and --exit for nobody: use one of them.")
        return _demo_of_set_up(_plan(pull_requests, as_of, begins_with_set_up=True))
    console = Terminal(soft_wrap=True)
    began = time.monotonic()
    with running(_plan(pull_requests, as_of), console) as (services, supervisor):
        parameters = {"as_of": as_of.isoformat()} if as_of else {}
        queue = lambda: queue_onboarding(services, DEMO_OWNER, parameters, supervisor)  # noqa: E731
        watch = follow_onboarding(console, queue, DEMO_OWNER, supervisor, exit_when_done)
        if watch is not None:
            draw_summary(console, watch, began)
        if not exit_when_done:
            serve(console, services, supervisor)
    return None


def _plan(pull_requests: int, as_of: datetime | None, *, begins_with_set_up: bool = False) -> Plan:
    return Plan(
        demo_home(),
        is_demo=True,
        dashboard_port=ServiceSettings().dashboard_port,
        begins_with_set_up=begins_with_set_up,
        pull_requests=pull_requests,
        as_of=as_of,
    )


def _demo_of_set_up(plan: Plan) -> None:
    console = Terminal(soft_wrap=True)
    with running(plan, console) as (services, supervisor):
        console.print(f"\nThe set-up is at {services.dashboard_url}/set-up. GitHub is simulated: give it any word of")
        console.print(f"eight letters or more as a token, for example demo-token, and choose {DEMO_OWNER}.")
        serve(console, services, supervisor)


def draw_summary(console: Terminal, watch: Watch, began: float) -> None:
    """Show what the warehouse holds now, and the seconds since the command `began` (time.monotonic)."""
    with Warehouse(read_only=True) as warehouse:
        totals = warehouse.read_one(SUMMARY_SQL) or {}
    table = Table("In the warehouse", "", box=None, title=None)
    for name, value in totals.items():
        table.add_row(name, f"{value:,}")
    for status, words in ((Status.PHASE1_COMPLETE, "Seconds to the first page"), (Status.COMPLETE, "Seconds in total")):
        table.add_row(words, f"{watch.reached_at[status] - began:.1f}")
    console.print(table)


SUMMARY_SQL = """
SELECT (SELECT count(*) FROM repositories WHERE is_followed) AS "Repositories",
       (SELECT count(*) FROM pull_requests) AS "Pull requests",
       (SELECT count(*) FROM reviews) AS "Reviews",
       (SELECT count(*) FROM commits) AS "Commits",
       (SELECT count(*) FROM pr_analysis WHERE status = 'done') AS "Read by rules or model",
       (SELECT count(*) FROM weekly_metrics) AS "Weekly numbers",
       (SELECT count(*) FROM insights WHERE resolved_at IS NULL) AS "Insights"
"""
