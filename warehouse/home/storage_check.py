"""Whether data files can be written, read and deleted where the settings say, found out with one small file."""

import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from warehouse.connection import Warehouse
from warehouse.home.object_store import is_remote
from warehouse.settings import WarehouseSettings

PREFIX = "prflow-check-"


def check_storage(settings: WarehouseSettings) -> None:
    """Write, read and delete one data file below the data path, as the warehouse does it; raise what that raises.

    The file belongs to a lake of its own, whose catalog is a temporary file; the warehouse is not touched.
    """
    place = f"{settings.data_path.rstrip('/')}/{PREFIX}{uuid4().hex}"
    with tempfile.TemporaryDirectory() as folder:
        own = {"warehouse_catalog": f"sqlite:{folder}/check.sqlite", "warehouse_data": place}
        try:
            with Warehouse(settings.model_copy(update=own)) as lake, lake.cursor() as cursor:
                cursor.execute("CALL warehouse.set_option('data_inlining_row_limit', 0)")
                cursor.execute("CREATE TABLE written AS SELECT 1 AS one")
                cursor.execute("FROM written").fetchall()
                cursor.execute("DROP TABLE written")
                cursor.execute("CALL ducklake_expire_snapshots('warehouse', older_than => now() + INTERVAL 2 DAY)")
                cursor.execute("CALL ducklake_cleanup_old_files('warehouse', cleanup_all => true)")
        finally:
            if not is_remote(place):
                shutil.rmtree(Path(place), ignore_errors=True)
