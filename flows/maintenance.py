"""Every morning: the warehouse is kept quick."""

from datetime import timedelta

from prefect import flow, get_run_logger

from flows.lifecycle.clock import now
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.upkeep import Upkeep, tidy


@flow(name="maintenance", flow_run_name="maintenance")
def maintenance() -> None:
    """Merge small files and forget old states; nothing that a page shows changes."""
    try:
        done = tidy_warehouse()
    except WarehouseMissing:
        get_run_logger().info("nothing to do: no team has been onboarded yet")
        return
    get_run_logger().info(
        "%d files merged into %d; %d old states forgotten, %d files deleted",
        done.files_before,
        done.files_after,
        done.snapshots_expired,
        done.files_deleted,
    )


def tidy_warehouse() -> Upkeep:
    with Warehouse(read_only=True):
        pass  # WarehouseMissing where there is none: opening it for writing would make one
    with Warehouse() as warehouse:
        return tidy(warehouse, now(), timedelta(days=warehouse.settings.warehouse_keep_days))
