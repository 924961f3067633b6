"""Backups: complete, of one snapshot, checked when they are read, and the same warehouse wherever they are restored."""

import errno
import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulators.s3.server import serving
from tests.warehouse.postgres_cluster import cluster
from warehouse import migrations, schema
from warehouse.backup.catalog import restore_catalog
from warehouse.backup.manifest import FILE, BackupUnusable, digest, parse_manifest
from warehouse.backup.restoring import restore
from warehouse.backup.writing import back_up
from warehouse.connection import Warehouse
from warehouse.home.version import known_versions
from warehouse.keys.api_keys import add_key, check_key, revoke_key
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

AT = datetime(2026, 8, 22, 12, tzinfo=UTC)
ALL_TABLES = "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'warehouse' ORDER BY ALL"
ALL_COLUMNS = """
SELECT table_name, column_index, column_name, data_type, comment, is_nullable, column_default FROM duckdb_columns()
WHERE database_name = 'warehouse' AND schema_name = 'main'
    AND table_name NOT IN (SELECT view_name FROM duckdb_views())
ORDER BY ALL
"""


@pytest.fixture
def full(warehouse: Warehouse) -> Warehouse:
    """Fill a warehouse with lists, times, texts of any kind and NULL, in files and in the catalog."""
    rows = [
        {
            "id": f"PR_{number}",
            "repository_id": "R_1",
            "number": number,
            "title": "it's ü \U0001f600 %s",
            "created_at": AT,
            "assignees": ["ann", "bob"] if number % 2 else None,
        }
        for number in range(60)
    ]
    commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, rows, rows[0])))
    team = [{"team_id": "acme", "login": "acme", "status": "complete", "as_of": AT}]
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, team, team[0])))
    return warehouse


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Warehouse]:
    """Open a home in which nothing was ever written."""
    with Warehouse(WarehouseSettings(home=tmp_path / "other", warehouse_catalog="", warehouse_data="")) as opened:
        yield opened


def content(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, and how the tables are declared."""
    with warehouse.cursor() as cursor:
        tables = cursor.execute(ALL_TABLES).fetchall()
        found = {name: sorted(cursor.execute(f"FROM {name}").fetchall(), key=repr) for name, _ in tables}
        return found | {"tables": tables, "columns": cursor.execute(ALL_COLUMNS).fetchall()}


def test_a_backup_restored_elsewhere_is_the_same_warehouse(full: Warehouse, other: Warehouse, tmp_path: Path) -> None:
    name = "backup.zip"
    seen: dict[str, int] = {}
    manifest = back_up(full, tmp_path / name, AT, seen.__setitem__)
    assert seen == {table.name: table.rows for table in manifest.tables}
    assert (tmp_path / name).stat().st_mode & 0o077 == 0, "its owner's alone"
    restored = restore(other, tmp_path / name)
    assert (restored.version, restored.created_at) == (known_versions()[-1], AT.isoformat())
    assert content(other) == content(full)


def test_a_backup_is_of_one_snapshot_and_replaces_only_a_backup(full: Warehouse, tmp_path: Path) -> None:
    def write_meanwhile(name: str, _: int) -> None:
        if name == "pull_requests":
            with full.cursor() as cursor:
                cursor.execute("INSERT INTO teams (team_id) VALUES ('late')")

    manifest = back_up(full, tmp_path / "backup", AT, write_meanwhile)
    assert {table.name: table.rows for table in manifest.tables}["teams"] == 1
    with pytest.raises(BackupUnusable, match="already exists"):
        back_up(full, tmp_path / "backup", AT)
    back_up(full, tmp_path / "backup", AT, may_replace=True)
    (tmp_path / "mine").write_text("precious")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr("letter.txt", "precious")
    (tmp_path / "backup/notes.txt").write_text("precious")
    for mine in ("mine", "mine.zip", "backup"):
        with pytest.raises(BackupUnusable, match="not an earlier backup"):
            back_up(full, tmp_path / mine, AT, may_replace=True)
    names = ["backup", "home", "mine", "mine.zip"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names, "no drafts are left"


def test_a_restore_drops_nothing_unless_it_is_told_to(full: Warehouse, tmp_path: Path) -> None:
    back_up(full, tmp_path / "backup", AT)
    with full.cursor() as cursor:
        cursor.execute("UPDATE teams SET login = 'later'")
    with pytest.raises(BackupUnusable, match="a warehouse already, with 1 teams"):
        restore(full, tmp_path / "backup")
    assert full.read("SELECT login FROM teams")["login"].to_list() == ["later"]


def damage(place: Path, how: str) -> None:
    manifest = json.loads((place / FILE).read_text())
    match how:
        case "a file is cut":
            file = place / "teams.parquet"
            file.write_bytes(file.read_bytes()[:-9])
        case "no manifest":
            (place / FILE).unlink()
        case "newer tables":
            (place / FILE).write_text(json.dumps({**manifest, "version": "9999", "prflow": "9.0"}))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("a file is cut", "The backup is damaged: teams.parquet"),
        ("no manifest", "is not a backup of prflow"),
        ("newer tables", "of a newer prflow (9.0, tables of version 9999)"),
    ],
)
def test_a_backup_that_cannot_be_used_changes_nothing(full: Warehouse, tmp_path: Path, how: str, words: str) -> None:
    back_up(full, tmp_path / "backup", AT)
    damage(tmp_path / "backup", how)
    snapshot = full.snapshot_id()
    with pytest.raises(BackupUnusable) as caught:
        restore(full, tmp_path / "backup", may_replace=True)
    assert words in str(caught.value)
    assert caught.value.hint or "damaged" in words
    assert full.snapshot_id() == snapshot


def test_what_is_no_archive_is_refused(other: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    for place in (tmp_path / "text.zip", tmp_path / "nothing"):
        with pytest.raises(BackupUnusable, match="is not a backup"):
            restore(other, place)
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../outside.txt", "x")
    with pytest.raises(BackupUnusable, match="is not a backup"):
        restore(other, tmp_path / "evil.zip")
    assert not (tmp_path / "outside.txt").exists()


def overwrite(data: bytes, at: int, with_: bytes) -> bytes:
    return data[:at] + with_ + data[at + len(with_) :]


@pytest.mark.parametrize(
    "how", ["lzma", "bz2", "deflate", "its beginning is cut", "its directory is zeros", "its directory is nowhere"]
)
def test_an_archive_that_is_damaged_anywhere_is_one_sentence(other: Warehouse, tmp_path: Path, how: str) -> None:
    kinds = {"lzma": zipfile.ZIP_LZMA, "bz2": zipfile.ZIP_BZIP2, "deflate": zipfile.ZIP_DEFLATED}
    with zipfile.ZipFile(tmp_path / "it.zip", "w", kinds.get(how, zipfile.ZIP_STORED)) as archive:
        archive.writestr(FILE, "".join(f"{number} " for number in range(3_000)))
    data, size = (tmp_path / "it.zip").read_bytes(), (tmp_path / "it.zip").stat().st_size
    end = data.rfind(b"PK\x05\x06")
    damaged = {
        "its beginning is cut": data[3_000:],
        "its directory is zeros": overwrite(data, data.rfind(b"PK\x01\x02"), bytes(40)),
        "its directory is nowhere": overwrite(data, end + 16, b"\xff\xff\xff\x7f"),
    }
    (tmp_path / "it.zip").write_bytes(damaged.get(how, overwrite(data, size // 3, b"Z" * 300)))
    with pytest.raises(BackupUnusable, match=r"it\.zip is damaged"):
        restore(other, tmp_path / "it.zip")


def test_a_full_disk_is_named_while_an_archive_is_unpacked(
    other: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        archive.writestr(FILE, "{}")
    monkeypatch.setattr(zipfile.ZipFile, "extract", fail)
    with pytest.raises(BackupUnusable, match="is full"):
        restore(other, tmp_path / "it.zip")


def test_a_file_that_does_not_fit_its_table_changes_nothing(full: Warehouse, tmp_path: Path) -> None:
    back_up(full, tmp_path / "backup", AT)
    manifest = json.loads((tmp_path / "backup" / FILE).read_text())
    (tmp_path / "backup/teams.parquet").write_bytes(b"no Parquet")
    [teams] = [table for table in manifest["tables"] if table["name"] == "teams"]
    teams["sha256"] = digest(tmp_path / "backup/teams.parquet")
    before = full.snapshot_id()
    no_columns = {"name": "teams", "columns": [], "sha256": teams["sha256"]}
    for tables in (manifest["tables"], [no_columns]):
        (tmp_path / "backup" / FILE).write_text(json.dumps({**manifest, "tables": tables}))
        with pytest.raises(BackupUnusable, match=r"its table teams cannot be made, or teams\.parquet does not fit"):
            restore(full, tmp_path / "backup", may_replace=True)
    (tmp_path / "backup" / FILE).write_text(json.dumps({**manifest, "tables": []}))
    with pytest.raises(BackupUnusable, match="is not a backup of prflow"):
        restore(full, tmp_path / "backup", may_replace=True)
    assert full.snapshot_id() == before
    assert full.read("SELECT team_id FROM teams")["team_id"].to_list() == ["acme"]


OF_A_FILE = "(SELECT content FROM read_text('/etc/hostname'))"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ({}, {"type": f"INTEGER); COPY {OF_A_FILE} TO 'stolen'; CREATE TABLE y (a INT"}),
        ({}, {"type": f"VARCHAR DEFAULT {OF_A_FILE}"}),
        ({}, {"type": "INTEGER\n"}),
        ({}, {"default": "1); COPY (SELECT 1) TO 'stolen'; SELECT (1"}),
        ({}, {"default": "getenv('HOME')"}),
        ({}, {"default": f"'a' || {OF_A_FILE}"}),
        ({}, {"name": "a\" INT); COPY (SELECT 1) TO 'stolen'; --"}),
        ({"name": "../teams"}, {}),
        ({"name": "*"}, {}),
        ({"name": "/etc/passwd"}, {}),
    ],
)
def test_a_backup_of_somebody_else_is_no_statement_and_no_path(
    tmp_path: Path, table: dict[str, str], column: dict[str, str]
) -> None:
    manifest = {"prflow": "0", "version": "0001", "created_at": "2026-08-22T12:00:00+00:00"}
    one = {"name": "teams", "columns": [{"name": "a", "type": "VARCHAR[]", "default": "CAST('f' AS BOOLEAN)"}]}
    (tmp_path / FILE).write_text(json.dumps({**manifest, "tables": [one]}))
    assert parse_manifest(tmp_path).tables
    one["columns"] = [{"name": "a", "type": "VARCHAR"} | column]
    (tmp_path / FILE).write_text(json.dumps({**manifest, "tables": [one | table]}))
    with pytest.raises(BackupUnusable, match="is not a backup of prflow"):
        parse_manifest(tmp_path)


def test_an_archive_is_unpacked_only_as_far_as_its_manifest_names_and_there_is_room(
    full: Warehouse, other: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(full, tmp_path / "backup.zip", AT)
    with zipfile.ZipFile(tmp_path / "backup.zip", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.parquet", b"0" * 1_000_000)
    unpacked: list[str] = []
    extract = zipfile.ZipFile.extract
    monkeypatch.setattr(
        zipfile.ZipFile, "extract", lambda *given: unpacked.append(given[1].filename) or extract(*given)
    )
    restore(other, tmp_path / "backup.zip")
    assert "teams.parquet" in unpacked
    assert "bomb.parquet" not in unpacked
    monkeypatch.setattr("warehouse.backup.restoring.shutil.disk_usage", lambda _: SimpleNamespace(free=1_000))
    with pytest.raises(BackupUnusable, match="to be unpacked"):
        restore(other, tmp_path / "backup.zip", may_replace=True)


def test_a_newer_warehouse_is_downgraded_by_restoring_a_backup_of_before(full: Warehouse, tmp_path: Path) -> None:
    lost, kept = (add_key(full, "acme", name, AT) for name in ("lost", "kept"))
    back_up(full, tmp_path / "backup", AT)
    before, settings = content(full), full.settings
    revoke_key(full, lost.id, AT)
    with full.cursor() as cursor:  # a newer prflow comes and goes
        cursor.execute("CREATE TABLE of_the_future (one INTEGER)")
        cursor.execute("ALTER TABLE teams ADD COLUMN new_choice BOOLEAN")
        cursor.execute("UPDATE schema_version SET version_num = '9999'")
    full.close()
    with Warehouse(settings, any_version=True) as newer:
        snapshot = newer.snapshot_id()
        restore(newer, tmp_path / "backup", may_replace=True)
    with Warehouse(settings) as again:
        keys = {"api_keys": content(again)["api_keys"]}
        assert content(again) == before | keys
        assert [check_key(again, key.value) is None for key in (lost, kept)] == [True, False], "one stays shut out"
        dropped = again.read(f"SELECT new_choice FROM teams AT (VERSION => {snapshot})")
        assert dropped.height == 1, "time travel reaches what was dropped"


def test_a_copy_of_a_catalog_is_restored_beside_its_data(full: Warehouse, tmp_path: Path) -> None:
    before, settings = content(full), full.settings
    full.close()
    catalog = settings.home / "warehouse/catalog.sqlite"
    shutil.copyfile(catalog, tmp_path / "copy.sqlite")
    with Warehouse(settings) as warehouse, warehouse.cursor() as cursor:
        cursor.execute("DELETE FROM pull_requests")
    replaced = restore_catalog(settings, tmp_path / "copy.sqlite")
    assert replaced.exists()
    with Warehouse(settings) as warehouse:
        assert content(warehouse) == before
    catalog.write_bytes(b"SQLite format 3\x00" + bytes(5_000))  # what is damaged can be replaced, but not by the like
    for suffix in ("-wal", "-shm"):
        catalog.with_name(f"{catalog.name}{suffix}").unlink(missing_ok=True)
    (tmp_path / "junk.sqlite").write_bytes(catalog.read_bytes())
    with pytest.raises(BackupUnusable, match="not a copy of a catalog, or it is damaged"):
        restore_catalog(settings, tmp_path / "junk.sqlite")
    restore_catalog(settings, tmp_path / "copy.sqlite")
    assert not list(catalog.parent.glob("*.part"))
    with Warehouse(settings) as warehouse:
        assert content(warehouse) == before


@pytest.mark.slow
def test_a_backup_moves_to_postgresql_and_s3(full: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "minio")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "minio-secret")
    back_up(full, tmp_path / "backup", AT)
    with cluster() as postgres, serving() as store:
        settings = WarehouseSettings(
            home=tmp_path / "there",
            warehouse_catalog=f"postgres:{postgres.trusted}",
            warehouse_data="s3://lake/there",
            s3_endpoint=f"http://127.0.0.1:{store.port}",
        )
        with Warehouse(settings) as there:
            restore(there, tmp_path / "backup")
            assert content(there) == content(full)
            assert migrations.is_current(there)
        assert store.objects
