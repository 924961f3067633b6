"""Bring an older warehouse to the newest schema, step by step, with Alembic."""

from pathlib import Path

import duckdb_sqlalchemy.alembic_impl  # noqa: F401  registers the dialect with Alembic
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory

from warehouse.connection import Warehouse
from warehouse.home.version import VERSION_TABLE


def upgrade_by_steps(warehouse: Warehouse, to: str = "head") -> list[str]:
    """Run the steps that are missing, each in its own transaction; return their names."""
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


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)
