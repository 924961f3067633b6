"""Prefect's server as one process: `python -m flows.services.prefect_server PORT`.

`prefect server start` wraps the same application in a second process and brings a new SQLite file up to
date through an asynchronous driver, statement by statement: 13 s on two cores. The same migrations, run
through the plain driver before the application starts, take 4 s, and a server that can be ended with one
signal is one process less to leave behind.
"""

import shutil
import sqlite3
import sys
import warnings
from pathlib import Path

import prefect
import sqlalchemy as sa
import uvicorn
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from prefect.server.api.server import create_app
from prefect.server.database import provide_database_interface
from prefect.server.database.alembic_commands import alembic_config
from prefect.settings import get_current_settings

# Long-polling clients (the dashboard, a worker) must not keep a stopping server alive.
SHUTDOWN_SECONDS = 3


def main() -> None:
    port = int(sys.argv[1])
    prepare_database(database_file())
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def database_file() -> Path | None:
    """Prefect's SQLite file; None where its database is another one (PostgreSQL migrates itself quickly)."""
    address = get_current_settings().server.database.connection_url
    url = sa.make_url(address.get_secret_value() if address else "")
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def prepare_database(file: Path | None) -> None:
    """Make `file` with every table of Prefect in it, where there is none yet.

    It is built beside its place and moved there whole, so a kill in between leaves no half-made database.
    An existing file is left to Prefect, which applies what is missing.
    """
    if file is None or file.exists():
        return
    pattern = pattern_file(file)
    if not pattern.exists():
        pattern.parent.mkdir(parents=True, exist_ok=True)
        draft = pattern.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        migrate(draft)
        draft.replace(pattern)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    shutil.copyfile(pattern, draft)
    draft.replace(file)


def pattern_file(file: Path) -> Path:
    """Empty database of this version of Prefect, kept beside Prefect's home for the next demo."""
    return file.parent.parent / "cache" / f"prefect-{prefect.__version__}.sqlite"


def migrate(file: Path) -> None:
    """Prefect's own migration scripts, in order, into a SQLite file that nobody else has open."""
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    scripts.version_locations = [str(provide_database_interface().orm.versions_dir)]
    engine = sa.create_engine("sqlite://", creator=lambda: _open(file), poolclass=sa.StaticPool)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with warnings.catch_warnings(), engine.connect() as connection:
        warnings.simplefilter("ignore")  # about indexes on expressions that SQLAlchemy does not reflect
        _upgrade(config, scripts, connection)
        connection.commit()
    engine.dispose()


def _upgrade(config: Config, scripts: ScriptDirectory, connection: sa.Connection) -> None:
    # Alembic's own `command.upgrade` calls the same private method.
    upgrade_to_head = scripts._upgrade_revs  # noqa: SLF001
    with EnvironmentContext(
        config, scripts, fn=lambda revision, _: upgrade_to_head("head", revision), destination_rev="head"
    ) as environment:
        environment.configure(
            connection=connection,
            target_metadata=provide_database_interface().Base.metadata,
            render_as_batch=True,
            transaction_per_migration=False,
        )
        with environment.begin_transaction():
            environment.run_migrations()


def _open(file: Path) -> sqlite3.Connection:
    """Without the guarantees that a draft does not need, and with transactions left to SQLAlchemy."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


if __name__ == "__main__":
    main()
