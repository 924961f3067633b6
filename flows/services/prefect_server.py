"""Prefect's server in a single process: `python -m flows.services.prefect_server PORT [FD]`.

FD is a socket that listens on PORT already. prflow keeps it: if this process dies, requests wait for its successor.

`prefect server start` runs the same application in a second process and migrates a new SQLite file through an
asynchronous driver, statement by statement: 13 s on two cores. The same migrations, run through the synchronous
driver before the application starts, take 4 s. And a single process ends with one signal.
"""

import shutil
import socket
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
from starlette.middleware.trustedhost import TrustedHostMiddleware

# Long-polling clients (the dashboard, a worker) must not keep a stopping server alive.
SHUTDOWN_SECONDS = 3
# The exit code that `uvicorn.run` uses as well.
STARTUP_FAILURE = 3


def main() -> None:
    port, inherited = int(sys.argv[1]), sys.argv[2:]
    prepare_database(database_file())
    config = uvicorn.Config(
        TrustedHostMiddleware(create_app(), allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    sockets = [socket.socket(fileno=int(inherited[0]))] if inherited else None
    server = uvicorn.Server(config)
    server.run(sockets)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def database_file() -> Path | None:
    """Return Prefect's SQLite file; None for another database (on PostgreSQL Prefect's own migration is quick)."""
    address = get_current_settings().server.database.connection_url
    url = sa.make_url(address.get_secret_value() if address else "")
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def prepare_database(file: Path | None) -> None:
    """Create `file` with all of Prefect's tables, unless it exists.

    It is built under another name and then moved, so a kill in between leaves no incomplete database.
    Prefect itself migrates an existing file.
    """
    if file is None or file.exists():
        return
    template = template_file(file)
    if not template.exists():
        template.parent.mkdir(parents=True, exist_ok=True)
        draft = template.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        migrate(draft)
        draft.replace(template)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    shutil.copyfile(template, draft)
    draft.replace(file)


def template_file(file: Path) -> Path:
    """Return the path of an empty database of this version of Prefect, kept in the home's cache for the next demo."""
    return file.parent.parent / "cache" / f"prefect-{prefect.__version__}.sqlite"


def migrate(file: Path) -> None:
    """Run Prefect's own migration scripts on a SQLite file that no other process has open."""
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    scripts.version_locations = [str(provide_database_interface().orm.versions_dir)]
    engine = sa.create_engine("sqlite://", creator=lambda: _open(file), poolclass=sa.StaticPool)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with warnings.catch_warnings(), engine.connect() as connection:
        warnings.simplefilter("ignore")  # SQLAlchemy cannot reflect indexes on expressions
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
    """Open a draft without the durability that it does not need, leaving transactions to SQLAlchemy."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


if __name__ == "__main__":
    main()
