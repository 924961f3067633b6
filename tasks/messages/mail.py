"""Mail, by SMTP with the standard library's client."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address

from tasks.clock import wall_clock
from tasks.messages.channel import TIMEOUT_SECONDS, NotSent, say_reason
from tasks.messages.letter import Letter, render_html, render_text
from tasks.messages.settings import MailSettings

HINT = "Check the settings PRFLOW_SMTP_...; `prflow notify test` tries them."
CLOSING = 421
"""Response of a server that ends the connection (RFC 5321, 4.2.3). Any other to a mail's content is about that mail."""


class Mail:
    """A mail server."""

    name = "mail"

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Send a mail with a text and an HTML part; raise NotSent."""
        with self._errors_named(address):
            with self._one_refused(address):
                message = self._write(address, letter, id_)
            with self._connect() as server, self._one_refused(address):
                server.send_message(message)

    def check(self) -> str:
        """Connect and log in; raise NotSent."""
        sender = self._sender
        with self._errors_named(""), self._connect() as server:
            server.noop()
        given = self._settings
        login = f"the login {given.user}" if given.user else "mails without a login"
        return f"{given.host}:{given.actual_port} ({given.security}) accepts {login}. Mails come from {sender}."

    def _write(self, address: str, letter: Letter, id_: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = address
        message["Subject"] = letter.clean().subject
        message["Date"] = format_datetime(wall_clock())
        # The same if it is sent again because the server's response was lost: then it is shown once.
        message["Message-ID"] = f"<{id_}@{parseaddr(self._sender)[1].rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by an absence note
        message.set_content(render_text(letter))
        message.add_alternative(render_html(letter), subtype="html")
        return message

    @property
    def _sender(self) -> str:
        sender = self._settings.sender or self._settings.user
        if "@" not in parseaddr(sender)[1]:
            raise NotSent("PRFLOW_SMTP_FROM is not set.", "Set it to the address that mails come from.")
        return sender

    @contextmanager
    def _connect(self) -> Iterator[smtplib.SMTP]:
        given = self._settings
        password = given.password.get_secret_value()
        if given.security == "none" and password and not _is_loopback(given.host):
            raise NotSent("The password would be sent unencrypted.", "Set PRFLOW_SMTP_SECURITY to starttls or to ssl.")
        with self._open() as server:
            if given.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if given.user:
                server.login(given.user, password)
            yield server

    def _open(self) -> smtplib.SMTP:
        given = self._settings
        if given.security == "ssl":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(given.host, given.actual_port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(given.host, given.actual_port, timeout=TIMEOUT_SECONDS)

    @contextmanager
    def _errors_named(self, address: str) -> Iterator[None]:
        """Turn what the client raises into NotSent; the server's words may quote the password."""
        try:
            yield
        except (smtplib.SMTPException, OSError, ValueError) as error:
            server = f"{self._settings.host}:{self._settings.actual_port}"
            raise NotSent(f"The mail server {server} took no mail: {self._reason(error)}", HINT) from None

    @contextmanager
    def _one_refused(self, address: str) -> Iterator[None]:
        """Raise NotSent for what is wrong with one address or one mail: the others may still be sent."""
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            reason = self._reason(str(next(iter(error.recipients.values()), (0, b""))[1]))
            raise NotSent(
                f"The mail server refuses {address}: {reason}", "Check the address.", is_for_all=False
            ) from None
        except (smtplib.SMTPDataError, smtplib.SMTPNotSupportedError, ValueError) as error:
            is_closing = isinstance(error, smtplib.SMTPDataError) and error.smtp_code == CLOSING
            words = f"The mail server took no mail to {address}: {self._reason(error)}"
            raise NotSent(words, HINT, is_for_all=is_closing) from None

    def _reason(self, error: BaseException | str) -> str:
        user, password = self._settings.user, self._settings.password.get_secret_value()
        return say_reason(error, [password, f"\0{user}\0{password}"] if password else [])


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
