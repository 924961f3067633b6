"""A server that sends a byte now and then, for ever, costs a message its try, and a run nothing."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flows.cli import app as cli
from tasks.messages import sending, time_limit
from tasks.messages.addresses import open_channels
from tasks.messages.channel import NotSent
from tasks.messages.letter import Letter
from tasks.messages.sending import Delivered, NotFinished, start
from tasks.messages.time_limit import limit_time
from tests.tasks.messages.post_office import MailBox, serving_mail
from tests.tasks.messages.test_channels import use
from tests.tasks.messages.test_deliver import fail
from warehouse.connection import Warehouse

LETTER = Letter("acme", ("It failed.",))


@contextmanager
def dripping() -> Iterator[int]:
    """Serve mail that greets, and then sends a byte each 50 ms and never ends its line; yield the port."""
    is_over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"220 mail.example.com\r\n")
            while not is_over.wait(0.05):
                connection.sendall(b"2")

    def serve() -> None:
        threads = []
        with suppress(OSError):
            while True:
                thread = threading.Thread(target=drip, args=(server.accept()[0],))
                thread.start()
                threads.append(thread)
        for thread in threads:
            thread.join()

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=serve)
        serving.start()
        yield server.getsockname()[1]
        is_over.set()
        server.shutdown(socket.SHUT_RDWR)
        serving.join()


@pytest.fixture
def waiting(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    """Store two messages that wait, of a warehouse that another process finds by the settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    fail(warehouse)
    return warehouse


def use_mail(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    use(monkeypatch, PRFLOW_SMTP_HOST="127.0.0.1", PRFLOW_SMTP_PORT=port, PRFLOW_SMTP_SECURITY="none")
    monkeypatch.setenv("PRFLOW_SMTP_FROM", "prflow@example.com")


def test_a_message_that_does_not_end_is_cut_off_and_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with dripping() as port:
        use_mail(monkeypatch, port)
        channel = limit_time(open_channels(), seconds=0.3)["mail"]
        with pytest.raises(NotSent, match="The server of mail did not finish") as caught:
            channel.send("lead@example.com", LETTER, "id-1")
    assert caught.value.is_for_all


@pytest.mark.parametrize("command", ["notify test", "notify digest acme", "doctor"])
def test_no_command_waits_for_a_server_without_end(
    command: str, waiting: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time_limit, "MESSAGE_SECONDS", 0.3)
    monkeypatch.setattr(sending, "PROCESS_SECONDS", 0.3)
    for name in ("GITHUB_TOKEN", "GROQ_API_KEY", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    with dripping() as port:
        use_mail(monkeypatch, port)
        monkeypatch.setenv("PRFLOW_SMTP_TO", "lead@example.com")
        monkeypatch.setattr(sys, "argv", ["prflow", *command.split()])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert "did not finish" in said.out + said.err or "took too long" in said.err


@pytest.mark.slow
def test_who_started_the_process_waits_no_longer_than_its_time(
    waiting: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dripping() as port:
        use_mail(monkeypatch, port)
        sending = start(seconds=0.5)
        with pytest.raises(NotFinished, match="took too long"):
            sending.finish()
        assert sending.process.returncode is not None
    assert {row[0] for row in waiting.read("SELECT state FROM messages").rows()} == {"waiting"}


@pytest.mark.slow
def test_the_process_sends_what_waits_and_is_told_no_token(waiting: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_SMTP_USER", "")
    with serving_mail(MailBox()) as box:
        use_mail(monkeypatch, box.port)
        environment = {**os.environ, "GITHUB_TOKEN": "ghp_1", "GROQ_API_KEY": "gsk_1", "PREFECT_API_URL": "http://x"}
        sending = start(environment=environment)
        told = Path(f"/proc/{sending.process.pid}/environ")
        names = {line.partition(b"=")[0] for line in told.read_bytes().split(b"\0")} if told.exists() else set()
        assert sending.finish() == Delivered(sent=2)
    assert not names & {b"GITHUB_TOKEN", b"GROQ_API_KEY", b"PREFECT_API_URL"}
    assert len(box.mails) == 2


@pytest.mark.slow
def test_a_process_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("PRFLOW_SMTP_PORT", "99999")
    with pytest.raises(NotFinished, match="Messages could not be sent: ValidationError"):
        start().finish()
