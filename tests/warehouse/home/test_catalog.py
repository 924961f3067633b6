"""libpq's connection strings: what is one, and the passwords in it."""

import pytest

from warehouse.connection import Warehouse, WarehouseUnreadable
from warehouse.home.catalog import connection_string, find_passwords, is_well_formed
from warehouse.settings import WarehouseSettings

WELL_FORMED = [
    ("", []),
    ("dbname=lake", []),
    ("host = db  port=5432\tdbname=lake", []),
    ("password=hunter2 host=db", ["hunter2"]),
    ("password='hunter 2'", ["'hunter 2'", "hunter 2"]),
    (r"password='it\'s' user=x", [r"'it\'s'", "it's"]),
    (r"password=back\\slash\ blank", [r"back\\slash\ blank", r"back\slash blank"]),
    ("password='' host=db", ["''"]),
    ("password= host=db", ["host=db"]),  # as libpq reads it
    ("host=db password=", []),
    ("user=x sslpassword=key password=hunter2", ["key", "hunter2"]),
    ("postgresql://db/lake", []),
    ("postgres://", []),
    ("postgres://lake@db:5432,other:5433/lake?sslmode=require", []),
    ("postgres://lake:hunter%402@[::1]:5432/lake", ["hunter%402", "hunter@2"]),
    ("postgresql://lake:a:b@db/lake", ["a:b"]),
    ("postgresql:///lake?host=/tmp&user=lake&password=hunter%202", ["hunter%202", "hunter 2"]),
]
MALFORMED = [
    "password=hunter 2",
    "password='hunter2",
    "password='it's'",
    "hunter2",
    "=hunter2",
    "host=db hunter2",
    "postgresql://lake:hunter@2@db/lake",
    "postgresql://lake:hun/ter2@db/lake",
    "postgresql://lake:hun?ter2@db/lake",
    "postgresql://lake:hun#ter2@db/lake",
]


@pytest.mark.parametrize(("address", "passwords"), WELL_FORMED)
def test_the_passwords_of_an_address_are_found_as_written_and_as_they_are(address: str, passwords: list[str]) -> None:
    assert is_well_formed(address)
    assert list(dict.fromkeys(find_passwords(address))) == passwords


@pytest.mark.parametrize("address", MALFORMED)
def test_an_address_that_libpq_would_quote_in_its_error_is_not_given_to_it(address: str) -> None:
    with pytest.raises(WarehouseUnreadable, match="cannot be read") as caught:
        Warehouse(WarehouseSettings(warehouse_catalog=f"postgres:{address}", warehouse_data="data"))
    assert "hun" not in str(caught.value) + caught.value.hint


def test_a_url_may_stand_with_or_without_the_kind_before_it() -> None:
    assert connection_string("postgres:postgresql://db/lake") == "postgresql://db/lake"
    assert connection_string("postgresql://db/lake") == "postgresql://db/lake"
    assert connection_string("postgres://db/lake") == "postgres://db/lake"
    assert connection_string("postgres:dbname=lake") == "dbname=lake"
    assert connection_string("sqlite:/srv/catalog.sqlite") == "/srv/catalog.sqlite"
