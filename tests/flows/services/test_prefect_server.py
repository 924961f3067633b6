"""Prefect's database, made by Prefect's own migrations through the plain driver."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from prefect.server.database import provide_database_interface
from prefect.server.database.alembic_commands import alembic_config

from flows.services.prefect_server import prepare_database, template_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("home") / "prefect" / "prefect.db"
    prepare_database(made)
    return made


def test_it_is_at_the_newest_revision_so_that_prefect_has_nothing_left_to_do(file: Path) -> None:
    database = provide_database_interface()
    scripts = ScriptDirectory.from_config(alembic_config())
    scripts.version_locations = [str(database.orm.versions_dir)]
    with sqlite3.connect(file) as connection:
        [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    assert revision == scripts.get_current_head()


def test_every_table_and_column_that_prefect_knows_is_there(file: Path) -> None:
    known = provide_database_interface().Base.metadata.tables
    engine = sa.create_engine(f"sqlite:///{file}")
    found = sa.inspect(engine)
    columns = {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names()}
    engine.dispose()
    assert {name: set(table.columns.keys()) - columns.get(name, set()) for name, table in known.items()} == {
        name: set() for name in known
    }


def test_a_database_that_is_there_is_left_to_prefect(file: Path) -> None:
    before = file.stat()
    prepare_database(file)
    assert file.stat() == before


def test_the_next_demo_copies_the_empty_database_instead_of_making_it_again(file: Path, tmp_path: Path) -> None:
    again = file.parent.parent / "again" / "prefect.db"
    made_at = template_file(file).stat().st_mtime_ns
    prepare_database(again)
    assert again.stat().st_size == file.stat().st_size
    assert template_file(file).stat().st_mtime_ns == made_at
