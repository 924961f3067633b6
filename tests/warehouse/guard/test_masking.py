"""Errors of DuckDB, of its drivers and of servers, without what they quote of passwords and keys."""

from urllib.parse import quote

import pytest
import sqlalchemy as sa

from warehouse.connection import Warehouse
from warehouse.guard.masking import Masking, masking

PASSWORD = "la ke'p@s\\s"
ADDRESS = r"host=db user=lake password='la ke\'p@s\\s'"
MASKING = Masking(ADDRESS, (PASSWORD, "AKIA7ZQ4", ""))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"cannot open {ADDRESS}: refused", "cannot open <catalog>: refused"),
        (f"cannot open {ADDRESS.replace(chr(39), chr(39) * 2)}", "cannot open <catalog>"),
        (f"wrong {PASSWORD}!", "wrong <secret>!"),
        ("wrong " + PASSWORD.replace("'", "''"), "wrong <secret>"),
        ("wrong " + quote(PASSWORD, ""), "wrong <secret>"),
        ('Unable to connect to Postgres at "host=x": refused', "Unable to connect to PostgreSQL: refused"),
        ("host=x password='an''other' user=y", "host=x password=<secret> user=y"),
        (r"host=x password='an\'other' user=y", "host=x password=<secret> user=y"),
        ("host=x PASSWORD = other, sslpassword=more", "host=x PASSWORD = <secret>, sslpassword=<secret>"),
        ("at postgresql://lake:other@db/lake?password=more&x=1", "at postgresql://<secret>@db/lake?password=<secret>&x=1"),
        ('missing "=" after "other" in connection info string', 'missing "=" after <secret> in connection info string'),
        ('invalid connection option "other"', "invalid connection option <secret>"),
        ('invalid URI query parameter: "other"', "invalid URI query parameter: <secret>"),
        ('invalid percent-encoded token: "other"', "invalid percent-encoded token: <secret>"),
        ("Credential=AKIA7ZQ4/x, Signature=" + "0a" * 32, "Credential=<secret>/x, Signature=<secret>"),
        ("https://b.example/x?X-Amz-Signature=" + "0a" * 32, "https://b.example/x?X-Amz-Signature=<secret>"),
        ("Table password does not exist; see https://duckdb.org/docs", None),
        ('Referenced column "password" not found', None),
    ],
)  # fmt: skip
def test_a_text_is_shown_without_its_secrets(text: str, shown: str | None) -> None:
    assert MASKING.mask(text) == (text if shown is None else shown)


def test_what_the_drivers_read_from_the_environment_is_masked() -> None:
    variables = {"PGPASSWORD": "canary-1", "AWS_SECRET_ACCESS_KEY": "canary-2", "AWS_SESSION_TOKEN": "canary-3"}
    assert masking(environment=variables).mask("canary-1 canary-2 canary-3") == "<secret> <secret> <secret>"
    assert "canary" not in repr(masking(environment=variables))


def test_an_error_keeps_its_type_and_is_masked_with_all_that_led_to_it() -> None:
    cause, context, error = OSError(PASSWORD), RuntimeError(PASSWORD), ValueError(f"wrong {PASSWORD}", 7)
    error.__cause__, error.__context__, cause.__context__ = cause, context, error
    error.body = f"<Message>{PASSWORD}</Message>"  # type: ignore[attr-defined]
    MASKING.mask_error(error)
    assert error.args == ("wrong <secret>", 7)
    assert (str(cause), str(context), vars(error)["body"]) == ("<secret>", "<secret>", "<Message><secret></Message>")


def test_every_error_leaves_the_warehouse_masked(warehouse: Warehouse) -> None:
    query = "SELECT 'password=''hunter2''' AS x, missing FROM teams"
    for use in (warehouse.read, warehouse.call):
        with pytest.raises(Exception, match="missing") as caught:
            use(query)
        assert "hunter2" not in str(caught.getrepr(chain=True)).replace(query, "")
    with warehouse.engine() as engine, pytest.raises(sa.exc.ProgrammingError) as wrapped, engine.connect() as opened:
        opened.execute(sa.text("SELECT * FROM teams WHERE x = 'password=hunter2'"))
    assert str(wrapped.value.orig)
