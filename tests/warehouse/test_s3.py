"""Data files in S3: where the keys stand, and what a server that repeats them makes of an error."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.warehouse.test_postgres import people
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import commit

pytestmark = pytest.mark.slow
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIA7ZQ4CANARYKEY",
    "AWS_SECRET_ACCESS_KEY": "s3-canary/7Zq4'Lw2",
    "AWS_SESSION_TOKEN": "s3-canary-session",
}


class Refusing(BaseHTTPRequestHandler):
    """Refuses whatever it is asked, in the form of S3's errors, and repeats the request's headers in it."""

    asked: list[str]

    def refuse(self) -> None:
        type(self).asked.append(self.headers["Authorization"])
        said = f"{dict(self.headers.items())} {list(KEYS.values())}"
        body = f"<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = refuse  # noqa: N815  names of http.server

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def in_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WarehouseSettings]:
    """Serve an S3 that refuses, and return the settings of a warehouse in it."""
    Refusing.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        own = {
            "AWS_REGION": "eu-1",
            "DUCKDB_S3_ENDPOINT": f"localhost:{server.server_port}",
            "DUCKDB_S3_USE_SSL": "false",
        }
        for name, value in (KEYS | own).items():
            monkeypatch.setenv(name, value)
        yield WarehouseSettings(home=tmp_path, warehouse_catalog="", warehouse_data="s3://bucket/prefix")
        server.shutdown()


def test_the_keys_are_used_and_shown_nowhere(in_s3: WarehouseSettings) -> None:
    with Warehouse(in_s3) as warehouse:
        migrations.upgrade(warehouse)
        for name in ("duckdb_settings()", "duckdb_secrets()", "duckdb_databases()"):
            shown = str(warehouse.read(f"SELECT * FROM {name}").to_dicts())
            assert leaked(shown.replace(KEYS["AWS_ACCESS_KEY_ID"], "")) == []  # an ID alone opens nothing
        with pytest.raises(Exception, match="403") as caught:
            commit(warehouse, people(0))
    assert any(KEYS["AWS_ACCESS_KEY_ID"] in one and "/eu-1/s3/" in one for one in Refusing.asked)
    assert leaked(str(caught.getrepr(chain=True)) + repr(vars(caught.value))) == []


def leaked(text: str) -> list[str]:
    return [key for key in (*KEYS.values(), "7Zq4", "canary") if key in text]
