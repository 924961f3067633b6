"""`prflow notify`: who gets messages, a test that says what arrived, and the digest."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app as cli
from flows.cli.checks.stored import check_messages
from flows.maintenance import tidy_warehouse
from tests.tasks.messages.post_office import MailBox, serving_mail
from tests.warehouse.events.rows import put, put_run, put_team
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, NotConfigured, PrflowError, UnknownTeam

NOW = datetime.now(UTC)


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    put_team(warehouse, timezone="UTC")
    put_run(warehouse, "good", "completed", NOW - timedelta(hours=1))
    return warehouse


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailBox]:
    with serving_mail(MailBox()) as box:
        for name, value in {
            "HOST": "127.0.0.1",
            "PORT": str(box.port),
            "SECURITY": "none",
            "FROM": "prflow@example.com",
        }.items():
            monkeypatch.setenv(f"PRFLOW_SMTP_{name}", value)
        yield box


def prflow(*arguments: str, code: int = 0) -> str:
    answer = CliRunner().invoke(cli.app, ["notify", *arguments], env={"COLUMNS": "200"})
    if isinstance(answer.exception, PrflowError):
        raise answer.exception
    assert answer.exit_code == code, answer.output
    return answer.output


def test_without_a_channel_nobody_can_be_told_and_the_way_out_is_named(acme: Warehouse) -> None:
    with pytest.raises(NotConfigured, match="No channel for messages is set") as caught:
        prflow("test")
    assert "PRFLOW_SMTP_HOST" in caught.value.hint
    assert "once mail is set" in prflow("add", "acme", "mail", "lead@example.com")
    assert "No channel for messages is set" in prflow("list")


def test_a_team_has_addresses_of_its_own_in_place_of_the_settings(
    acme: Warehouse, box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_SMTP_TO", "all@example.com")
    put_team(acme, "other")
    assert "lead@example.com" in prflow("add", "ACME", "mail", "lead@example.com")
    prflow("add", "acme", "mail", "lead@example.com")
    said = prflow("list")
    assert "acme: mail lead@example.com\n" in said
    assert "other: mail all@example.com\n" in said
    assert json.loads(prflow("list", "--json"))["channels"] == ["mail"]
    prflow("remove", "acme", "mail", "lead@example.com")
    assert "acme: mail all@example.com" in prflow("list")
    with pytest.raises(BadArgument, match="has no address"):
        prflow("remove", "acme", "mail", "lead@example.com")
    with pytest.raises(UnknownTeam):
        prflow("add", "nobody", "mail", "lead@example.com")


@pytest.mark.parametrize(
    "address", ["lead", "a@b@c", "@example.com", "lead@", "a b@example.com", "x@y.z\nBcc: a@b.c", ""]
)
def test_what_is_no_address_is_refused_in_one_sentence(acme: Warehouse, address: str) -> None:
    with pytest.raises(BadArgument, match="is no address for mail"):
        prflow("add", "acme", "mail", address)


def test_a_test_message_goes_to_every_address_and_says_what_arrived(acme: Warehouse, box: MailBox) -> None:
    said = prflow("test", code=1)
    assert "✗ mail : It has no address." in said
    prflow("add", "acme", "mail", "lead@example.com")
    assert "✓ mail lead@example.com: The channel took the message." in prflow("test")
    assert [mail["To"] for mail in box.mails] == ["lead@example.com"]
    box.refuse = "550 no"
    [row] = json.loads(prflow("test", "--json", code=1))["messages"]
    assert not row["is_sent"]
    assert "550" in row["message"]


def test_a_digest_is_sent_once_a_week_and_can_be_looked_at_before(
    acme: Warehouse, box: MailBox, tmp_path: Path
) -> None:
    assert prflow("digest", "--dry-run").startswith("acme: the week of ")
    file = tmp_path / "digest.html"
    prflow("digest", "acme", "--to", str(file))
    assert file.read_text().startswith("<!doctype html>")
    with pytest.raises(NotConfigured, match="Nobody gets the messages of acme"):
        prflow("digest")
    prflow("add", "acme", "mail", "lead@example.com")
    assert "Sent 1 to mail lead@example.com." in prflow("digest")
    assert "was sent to mail lead@example.com before" in prflow("digest")
    assert len(box.mails) == 1
    with pytest.raises(BadArgument, match="is not over"):
        prflow("digest", "--week", f"{NOW:%Y-%m-%d}")


def test_what_could_not_be_sent_is_seen_in_doctor_until_it_is_forgotten(acme: Warehouse, box: MailBox) -> None:
    prflow("add", "acme", "mail", "lead@example.com")
    box.refuse = "451 4.3.0 try later"
    assert "1 could not be sent" in prflow("digest", code=1)
    assert "451" in prflow("list")
    [check] = check_messages(acme)
    assert check.message.startswith("1 message by mail wait")
    old = NOW - timedelta(days=91)
    put(acme, "messages", {"id": "old", "state": "sent", "created_at": old})
    put(acme, "messages", {"id": "stuck", "state": "waiting", "created_at": NOW - timedelta(days=9)})
    put(acme, "events", {"id": "old", "noted_at": old})
    tidy_warehouse()
    rows = dict(acme.read("SELECT id, state FROM messages").rows())
    assert "old" not in rows
    assert rows["stuck"] == "given_up"
    assert acme.read("SELECT * FROM events WHERE id = 'old'").is_empty()
