"""Where messages arrive in the tests: a mail server of another hand, and an HTTP server that responds as Slack does."""

import email.policy
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flows.services.ports import free_port

HOOK_SECRET = "madeupsecret"


@dataclass
class MailBox:
    """A mail server. `refuse` is the response to every mail with `refuse_word`, `refuse_login` to every login."""

    user: str = ""
    password: str = ""
    refuse: str = ""
    refuse_login: str = ""
    port: int = 0
    refuse_word: str = ""
    raw: list[tuple[list[str], bytes]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  its name
        if self.refuse and self.refuse_word.encode() in cast("bytes", envelope.content):
            return self.refuse
        self.raw.append((list(envelope.rcpt_tos), cast("bytes", envelope.content)))
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: LoginPassword
    ) -> AuthResult:
        if self.refuse_login:
            return AuthResult(success=False, handled=False, message=self.refuse_login)
        is_right = (login.login.decode(), login.password.decode()) == (self.user, self.password)
        return AuthResult(success=is_right)

    @property
    def mails(self) -> list[EmailMessage]:
        parser = BytesParser(policy=email.policy.default)
        return [cast("EmailMessage", parser.parsebytes(content)) for _, content in self.raw]


@contextmanager
def serving_mail(box: MailBox, tls: Path | None = None) -> Iterator[MailBox]:
    """Serve a mailbox. With the folder `tls`, which gets a certificate, by STARTTLS and with a login."""
    options: dict[str, Any] = {"enable_SMTPUTF8": False}
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(make_certificate(tls))
        options |= {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": box.authenticate,
            "auth_required": True,
        }
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port, ready_timeout=60, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def make_certificate(folder: Path) -> Path:
    """Make a certificate for `localhost`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "certificate.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@dataclass
class Workspace:
    """A Slack workspace that keeps what is posted. `fault` is the error that each call of the API returns.

    `said` is the response to everything instead: status, body, and where it redirects to.
    """

    token: str = "xoxb-1-made-up"
    hook: str = f"/services/T00/B00/{HOOK_SECRET}"
    fault: str = ""
    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    said: tuple[int, str, str] | None = None
    asked: list[str] = field(default_factory=list)

    def call(self, method: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """Respond to a method of the Web API: https://docs.slack.dev/apis/web-api/#responses (200, whatever came)."""
        if token != self.token:
            return {"ok": False, "error": "invalid_auth"}
        if self.fault:
            return {"ok": False, "error": self.fault}
        if method == "auth.test":  # https://docs.slack.dev/reference/methods/auth.test
            return {"ok": True, "user": "prflow", "team": "Acme"}
        self.posted.append(body)
        return {"ok": True, "channel": body["channel"], "ts": "1"}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """Respond to a webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
        if path != self.hook:
            return 404, "no_service"
        if self.fault:
            return 403, f"{self.fault} for {path}"
        self.posted.append(body)
        return 200, "ok"


@contextmanager
def serving_slack(workspace: Workspace) -> Iterator[Workspace]:
    """Serve a workspace's Web API below /api/ and its webhook."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            is_json = "json" in (self.headers["Content-Type"] or "")
            body = json.loads(text) if is_json else dict(parse_qsl(text))
            workspace.asked.append(self.path)
            location = ""
            if workspace.said:
                status, said, location = workspace.said
            elif self.path.startswith("/api/"):
                token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
                status, said = 200, json.dumps(workspace.call(self.path.removeprefix("/api/"), token, body))
            else:
                status, said = workspace.post(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if said.startswith("{") else "text/html")
            if location:
                self.send_header("Location", location)
            self.end_headers()
            with suppress(OSError):  # who asked may have heard enough
                self.wfile.write(said.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    workspace.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield workspace
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
