"""A private PostgreSQL cluster on loopback, in which a password counts."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flows.services.ports import free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "Pg c'anary\\7Zq4 @Lw2"  # noqa: S105  made up
"""A space, an apostrophe and a backslash, which each form of an address escapes in its own way."""


class PostgresMissing(Exception):
    """PostgreSQL cannot be started on this machine; the message says why."""


@dataclass(frozen=True)
class Cluster:
    """`trusted` is the address of a person without a password; `lake`, who owns the database `lake`, has PASSWORD.

    `control` is the command that starts and stops the server, `options` what the server is started with.
    """

    port: int
    database: str = "postgres"
    control: tuple[str, ...] = ()
    options: str = ""

    def in_database(self, name: str) -> "Cluster":
        """Return the same cluster, with the statements of `run` sent to another database of it."""
        return replace(self, database=name)

    @property
    def trusted(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=prflow dbname={self.database}"

    @property
    def lake(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=lake dbname=lake"

    def run(self, *statements: str) -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        command = [str(BINARIES[-1] / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", self.trusted]
        quietly([*command, *(part for statement in statements for part in ("-c", statement))])

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        quietly([*self.control, "-o", self.options, "start"])

    def stop(self) -> None:
        """End the server at once, as a crash does: whoever is connected is cut off."""
        quietly([*self.control, "-m", "immediate", "stop"])

    def list_databases(self) -> list[str]:
        """Return the names of all databases."""
        command = [str(BINARIES[-1] / "psql"), "-qAt", "-d", self.trusted, "-c", "SELECT datname FROM pg_database"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    def dump(self, database: str) -> str:
        """Return everything in a database as text."""
        command = [str(BINARIES[-1] / "pg_dump"), "-d", self.in_database(database).trusted]
        return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout

    @contextmanager
    def lake_taken_away(self) -> Iterator[None]:
        """Let nobody connect to the database `lake`, and end the connections that are open."""
        self.run(
            "ALTER DATABASE lake ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lake'",
        )
        try:
            yield
        finally:
            self.run("ALTER DATABASE lake ALLOW_CONNECTIONS true")


def libpq_quoted(value: str) -> str:
    """Quote a value of a connection string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start one; PostgresMissing if this machine cannot."""
    if not BINARIES or not all((BINARIES[-1] / name).exists() for name in ("initdb", "psql")):
        raise PostgresMissing("PostgreSQL's server binaries are not on this machine (/usr/lib/postgresql/*/bin)")
    as_user = [] if os.getuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    if as_user and (not shutil.which("setpriv") or subprocess.run(["id", "postgres"], capture_output=True).returncode):
        raise PostgresMissing("PostgreSQL does not run as root, and there is no user postgres to run it as")
    # Not in a folder of pytest's: any other pytest that starts shuts those to other users again.
    with tempfile.TemporaryDirectory(prefix="prflow-postgres-") as folder:
        Path(folder).chmod(0o777)
        port = free_port()
        control = (*as_user, str(BINARIES[-1] / "pg_ctl"), "-D", f"{folder}/data", "-w", "-s")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        made = Cluster(port, control=(*control, "-l", f"{folder}/log"), options=options)
        quietly([*control, "initdb", "-o", "-A trust -U prflow --no-sync"])
        access = Path(folder) / "data" / "pg_hba.conf"
        access.write_text("host all lake 127.0.0.1/32 scram-sha-256\n" + access.read_text())
        made.start()
        try:
            password = PASSWORD.replace("'", "''")
            made.run(f"CREATE ROLE lake LOGIN PASSWORD '{password}'", "CREATE DATABASE lake OWNER lake")
            yield made
        finally:
            made.stop()


def quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
