"""Data files on S3 servers other than Amazon's: settings, styles of address, keys by AWS's chain, and the check."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from simulators.s3.server import Store, serving
from tests.warehouse.test_postgres import people
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.home.storage_check import check_storage
from warehouse.sandbox.parent import run_query
from warehouse.settings import WarehouseSettings
from warehouse.store import commit

pytestmark = pytest.mark.slow
MANY = "INSERT INTO people (team_id, account_id) SELECT 'acme', 'U_' || i FROM range(50) AS t(i)"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with serving() as made:
        yield made


@pytest.fixture
def minio(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WarehouseSettings:
    """Return the settings for a server that is known by its address, with keys in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "minio")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "minio-secret")
    store.keys.clear()
    store.keys.add("minio")
    return settings_of(store, tmp_path)


def settings_of(store: Store, folder: Path) -> WarehouseSettings:
    return WarehouseSettings(
        home=folder,
        warehouse_catalog="",
        warehouse_data=f"s3://lake/{folder.name}",
        s3_endpoint=f"http://127.0.0.1:{store.port}",
        s3_region="eu-central-1",
    )


def test_a_server_known_by_its_address_gets_the_bucket_in_the_path(store: Store, minio: WarehouseSettings) -> None:
    with Warehouse(minio) as warehouse:
        migrations.upgrade(warehouse)
        commit(warehouse, people(0))
        with warehouse.cursor() as cursor:
            cursor.execute(MANY)
        assert warehouse.read("SELECT count(*) AS n FROM people")["n"].item() == 55
    written = [key for key in store.objects if key.startswith(f"/lake/{minio.home.name}/main/people/")]
    assert written, "Parquet files lie in the bucket"
    assert run_query(minio, "SELECT count(*) AS n FROM people")["n"].item() == 55, "in the sandbox as well"


def test_the_check_writes_reads_and_deletes_one_object(store: Store, minio: WarehouseSettings) -> None:
    before = dict(store.objects)
    store.asked.clear()
    check_storage(minio)
    methods = {method for method, path in store.asked if "prflow-check-" in path or path == "/lake/"}
    assert methods == {"PUT", "GET", "POST"}, "POST /lake/?delete deletes"
    assert store.objects == before
    assert not (minio.home / "warehouse").exists(), "the warehouse is not touched"


def test_the_check_says_what_the_server_says(store: Store, minio: WarehouseSettings) -> None:
    store.keys.clear()
    with pytest.raises(Exception, match="403"):
        check_storage(minio)


def test_keys_of_a_profile_are_found_and_fetched_again_when_they_expire(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile's process gives another key each time, as a role does; the server forgets the first."""
    count = tmp_path / "count"
    count.write_text("0")
    program = tmp_path / "credentials.py"
    program.write_text(
        "import json, pathlib\n"
        f"count = pathlib.Path({str(count)!r})\n"
        "number = int(count.read_text()) + 1\n"
        "count.write_text(str(number))\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'role-{number}', 'SecretAccessKey': 'secret-of-a-role'}))\n"
    )
    config = tmp_path / "config"
    config.write_text(f"[profile lake]\nregion = eu-central-1\ncredential_process = {sys.executable} {program}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "lake")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store.keys |= {f"role-{number}" for number in range(1, 20)}
    settings = settings_of(store, tmp_path)
    with Warehouse(settings) as warehouse:
        migrations.upgrade(warehouse)
        with warehouse.cursor() as cursor:
            cursor.execute(MANY)
        shown = json.dumps(warehouse.read("FROM duckdb_secrets()").to_dicts(), default=str)
        assert "secret-of-a-role" not in shown
        used = int(count.read_text())
        store.keys -= {f"role-{number}" for number in range(1, used + 1)}
        assert warehouse.read("SELECT count(DISTINCT account_id) AS n FROM people")["n"].item() == 50
    assert int(count.read_text()) > used, "the chain was asked again"


@pytest.mark.parametrize(
    "address", ["http://key:secret@minio:9000", "s3://bucket", "https://minio:9000/bucket", "http://", "a b"]
)
def test_what_is_no_server_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ValidationError, match="must be http://host:port") as caught:
        WarehouseSettings(s3_endpoint=address)
    assert "secret@" not in str(caught.value)


def test_an_address_without_a_scheme_is_https() -> None:
    assert WarehouseSettings(s3_endpoint="minio.example.com:9000").s3_endpoint == "https://minio.example.com:9000"
