"""Every morning: keep the warehouse quick."""

from datetime import timedelta

from prefect import flow, get_run_logger

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.history import trim_history
from flows.lifecycle.runs.names import by_date
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.upkeep import Upkeep, forget_messages, tidy


@flow(name="maintenance", flow_run_name=by_date(Deployment.MAINTENANCE))
def maintenance() -> None:
    """Merge small files, expire old snapshots and forget old runs; nothing that a page shows changes."""
    if forgotten := trim_history(now()):
        get_run_logger().info("Deleted %d runs of more than 90 days ago.", forgotten)
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


def tidy_warehouse() -> Upkeep:
    """Tidy the warehouse; WarehouseMissing if there is none."""
    with Warehouse(read_only=True):
        pass  # opening it for writing would create one
    with Warehouse() as warehouse:
        migrations.upgrade(warehouse)
        forget_messages(warehouse, now())
        return tidy(warehouse, now(), timedelta(days=warehouse.settings.warehouse_keep_days))
