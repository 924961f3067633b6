"""The warehouse: whether it can be opened, its version, its storage, and what is in it."""

from collections.abc import Iterator

import duckdb

from flows.cli.checks.guarded import guarded
from flows.cli.checks.recipients import check_recipients
from flows.cli.checks.runs import check_runs
from flows.cli.checks.stored import check_extras, check_issues, check_messages, check_repositories, check_totals
from flows.cli.parts.door import explain
from flows.cli.parts.home import Home
from tasks.checks import Check
from warehouse.connection import Warehouse, WarehouseError, WarehouseMissing
from warehouse.guard.loopback import is_exposed
from warehouse.home.object_store import is_remote
from warehouse.home.storage_check import check_storage
from warehouse.home.version import is_older, known_versions

UNCHECKED = "Runs, repositories and totals could not be checked."


def check_warehouse(home: Home) -> Iterator[Check]:
    """Open the warehouse without changing it, then check runs, repositories, totals and deliveries, each by itself."""
    yield from check_data_files(home)
    try:
        with Warehouse(home.settings, read_only=True) as warehouse:
            version = check_version(warehouse)
            yield version
            if version.state == "ok":
                yield from guarded("runs", lambda: check_runs(warehouse, home))
                yield from guarded("repositories", lambda: [check_repositories(warehouse)])
                yield from guarded("totals", lambda: [check_totals(warehouse)])
                yield from guarded("extras", lambda: check_extras(warehouse))
                yield from guarded("messages", lambda: check_messages(warehouse))
                yield from guarded("login", lambda: check_recipients(warehouse, home))
            yield from guarded("jira", lambda: check_issues(warehouse))
    except WarehouseMissing:
        yield Check(
            "warehouse",
            "note",
            "Nothing has been fetched yet.",
            "Start with `prflow onboard OWNER`, or see `prflow demo`.",
        )
    except (WarehouseError, OSError) as error:
        message, hint = explain(error)
        hint = hint or "Check PRFLOW_WAREHOUSE_CATALOG and PRFLOW_WAREHOUSE_DATA."
        yield Check("warehouse", "fault", f"{message} {UNCHECKED}", hint)


def check_version(warehouse: Warehouse) -> Check:
    """Say whether the tables are of this prflow's version. Nothing is upgraded: runs and `prflow up` do that."""
    version = warehouse.read_version()
    if version is None or is_older(version):
        words = f"The warehouse is of an earlier prflow (tables of version {version}, not {known_versions()[-1]})."
        hint = "`prflow up` and the next run upgrade it, after a copy of the catalog; `prflow backup` keeps all of it."
        return Check("warehouse", "note", f"{words} {UNCHECKED}", hint)
    return Check("warehouse", "ok", "Warehouse opened.")


def check_data_files(home: Home) -> Iterator[Check]:
    """Write, read and delete one object if the data files lie in an object store."""
    settings = home.settings
    if not is_remote(settings.data_path):
        return
    try:
        check_storage(settings)
    except (WarehouseError, duckdb.Error, OSError) as error:
        message, hint = explain(error)
        hint = hint or "Check PRFLOW_WAREHOUSE_DATA, PRFLOW_S3_ENDPOINT, PRFLOW_S3_REGION and the keys (AWS_...)."
        yield Check("storage", "fault", f"{settings.data_path}: {message}", hint)
        return
    words = f"One object was written, read and deleted in {settings.data_path}."
    if settings.s3_endpoint and is_exposed(settings.s3_endpoint):
        yield Check("storage", "note", f"{words} It goes over plain http: all can be read on the way.", "Use https.")
    else:
        yield Check("storage", "ok", words)
