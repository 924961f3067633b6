"""Migrations, by Alembic: `upgrade` brings a warehouse of any age to the newest schema.

A new step is one file in `versions/`: its name begins with the next number, `down_revision` names
the one before. `tests/warehouse/test_migrations.py` proves each on a warehouse of the step before,
and that all steps together give exactly `warehouse/schema.py`.
"""

from pathlib import Path

import duckdb_sqlalchemy.alembic_impl  # noqa: F401  registers the dialect with Alembic
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory

from warehouse.connection import Warehouse

VERSION_TABLE = "schema_version"
VERSIONS = Path(__file__).parent / "versions"


def upgrade(warehouse: Warehouse, to: str = "head") -> list[str]:
    """Run the steps that are missing, each in its own transaction; returns their names."""
    done: list[str] = []
    with warehouse.engine() as engine, engine.connect() as connection:
        scripts = _scripts()

        def steps(current: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
            # Alembic's own `command.upgrade` calls the same private method.
            found = scripts._upgrade_revs(to, current[0] if current else "base")  # noqa: SLF001
            done.extend(step.revision.revision for step in found)
            return found  # type: ignore[return-value]

        # DuckLake has no primary keys, so Alembic's own table goes without.
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "version_table_pk": False,
                "fn": steps,
                "transaction_per_migration": True,
            },
        )
        with Operations.context(context):
            context.run_migrations()
        connection.commit()
    return done


def is_current(warehouse: Warehouse) -> bool:
    """True where no step is left; quicker to ask than to upgrade. A step's file begins with its revision."""
    newest = max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))
    table = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'warehouse' AND table_name = ?"
    if warehouse.read(table, [VERSION_TABLE]).is_empty():
        return False
    found = warehouse.read(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  the name is ours
    return found["version_num"].to_list() == [newest]


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)
