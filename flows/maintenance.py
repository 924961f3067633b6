"""Every morning: keep the warehouse quick."""

from datetime import timedelta

import httpx
from prefect import flow, get_run_logger
from prefect.exceptions import PrefectException

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import describe
from flows.lifecycle.runs.history import trim_history
from flows.lifecycle.runs.names import by_date
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.upkeep import Upkeep, forget_messages, tidy


@flow(name="maintenance", flow_run_name=by_date(Deployment.MAINTENANCE))
def maintenance() -> None:
    """Merge small files, expire old snapshots and forget old runs; nothing that a page shows changes."""
    _forget_runs()
    try:
        done = tidy_warehouse()
    except WarehouseMissing:
        get_run_logger().info("Nothing to do: no team has been onboarded yet.")
        return
    get_run_logger().info(
        "Merged %d files into %d, expired %d snapshots, deleted %d files.",
        done.files_before,
        done.files_after,
        done.snapshots_expired,
        done.files_deleted,
    )


def _forget_runs() -> None:
    """Delete old runs of prflow. A server that does not let it (some keys may not) is no reason not to tidy."""
    try:
        forgotten = trim_history(now())
    except (httpx.HTTPError, PrefectException) as error:
        get_run_logger().warning("Old runs could not be deleted in Prefect: %s", describe(error)[0])
    else:
        if forgotten:
            get_run_logger().info("Deleted %d runs of more than 90 days ago.", forgotten)


def tidy_warehouse() -> Upkeep:
    """Tidy the warehouse; WarehouseMissing if there is none."""
    with Warehouse(read_only=True):
        pass  # opening it for writing would create one
    with Warehouse() as warehouse:
        migrations.upgrade(warehouse)
        forget_messages(warehouse, now())
        return tidy(warehouse, now(), timedelta(days=warehouse.settings.warehouse_keep_days))
