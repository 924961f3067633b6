"""Slack, by an incoming webhook or as a bot.

Two calls of its Web API and a webhook are all that is needed. Redirects are not followed, for the token would go along,
and little is read of a response. Slack's own client allows neither.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from urllib.parse import urlsplit

import httpx

from tasks.messages.channel import TIMEOUT_SECONDS, NotSent, mask_logs, say_reason
from tasks.messages.letter import Letter, render_slack
from tasks.messages.settings import SlackSettings
from tasks.plain_http import refuse_plain_http
from warehouse.errors import NotConfigured
from warehouse.guard.loopback import is_loopback

# The client logs the address of a webhook at INFO, and headers of responses at DEBUG.
LOGGERS = ("httpx", "httpcore.http11", "httpcore.connection", "httpcore.proxy")
HINT = "Check the settings PRFLOW_SLACK_...; `prflow notify test` tries them."
OF_ALL = {
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
    *("not_allowed_token_type", "no_permission", "org_login_required", "ekm_access_denied", "access_denied"),
    *("team_access_not_granted", "two_factor_setup_required", "deprecated_endpoint", "method_deprecated"),
    *("ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "accesslimited"),
}
"""Errors of the token or of Slack as a whole; any other concerns one message or one channel.

https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""
MAX_RESPONSE_BYTES = 1 << 20
MAX_RESPONSE_SECONDS = 20.0


class SlackBot:
    """A bot that writes to channels it was invited to."""

    name = "slack"

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._secret = settings.bot_token.get_secret_value().strip()
        mask_logs(LOGGERS, _parts(self._secret))

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Write to a channel; raise NotSent. Addresses in the text are not unfurled."""
        text, blocks = render_slack(letter)
        body = {"channel": address, "text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
        self._call("chat.postMessage", body, address)

    def check(self) -> str:
        """Ask Slack whose token it is; raise NotSent."""
        found = self._call("auth.test", {}, "")
        return f"Slack knows the bot {_shown(found.get('user'))} of {_shown(found.get('team'))}."

    def _call(self, method: str, body: Mapping[str, object], address: str) -> dict[str, object]:
        url = f"{self._settings.api_url.strip().rstrip('/')}/{method}"
        _refuse_plain_http(url, self._settings, "PRFLOW_SLACK_API_URL", "the bot's token")
        with _errors_named(self._secret):
            status, said = _post(url, body, {"Authorization": f"Bearer {self._secret}"})
        response = _read_object(said)
        if status == httpx.codes.OK and response.get("ok") is True:
            return response
        code = str(response.get("error") or f"status {status} and not what its API responds")
        reason = say_reason(code, _parts(self._secret))
        to = f" to {address}" if address else ""
        raise NotSent(
            f"Slack refuses the message{to}: {reason}", HINT, is_for_all=code in OF_ALL or "error" not in response
        )


class SlackWebhook:
    """An incoming webhook, which writes to one channel."""

    name = "webhook"

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._secret = settings.webhook_url.get_secret_value().strip()
        mask_logs(LOGGERS, _parts(self._secret))

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Write to the webhook's channel; raise NotSent. It was sent if the response is `ok`, and nothing else."""
        self._refuse_plain_http()
        text, blocks = render_slack(letter)
        body = {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
        with _errors_named(self._secret):
            status, said = _post(self._secret, body, {})
        if status != httpx.codes.OK or said.strip() != "ok":
            reason = say_reason(said, _parts(self._secret)) or "nothing"
            # 400 is for what is wrong with a message, every other status for the webhook.
            words = f"Slack's webhook responded with {status}: {reason}"
            raise NotSent(words, HINT, is_for_all=status != httpx.codes.BAD_REQUEST)

    def check(self) -> str:
        """Look at the address alone: a webhook can be asked nothing without sending. Raise NotSent."""
        parts = urlsplit(self._secret)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise NotSent("PRFLOW_SLACK_WEBHOOK_URL is not an address.", "It begins with https://hooks.slack.com/.")
        self._refuse_plain_http()
        return f"A webhook at {parts.hostname} is set. `prflow notify test` sends a message by it."

    def _refuse_plain_http(self) -> None:
        _refuse_plain_http(self._secret, self._settings, "PRFLOW_SLACK_WEBHOOK_URL", "its secret address")


def _post(url: str, body: Mapping[str, object], headers: Mapping[str, str]) -> tuple[int, str]:
    """Return status and body of the response; raise httpx's errors, and ValueError for one that is large or slow."""
    sent = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity", **headers}
    is_outside = not is_loopback(urlsplit(url).hostname or "")
    until, content = monotonic() + MAX_RESPONSE_SECONDS, bytearray()
    with (
        httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=is_outside) as http,
        http.stream("POST", url, content=json.dumps(body).encode(), headers=sent) as response,
    ):
        for chunk in response.iter_raw():  # never unpacked: a few bytes of gzip may stand for gigabytes
            content += chunk
            if len(content) > MAX_RESPONSE_BYTES or monotonic() > until:
                raise ValueError("the response is too large or too slow")
    return response.status_code, content.decode(errors="replace")


def _read_object(said: str) -> dict[str, object]:
    """Return the JSON object of a response; an empty one if it is anything else."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse_plain_http(url: str, settings: SlackSettings, name: str, what: str) -> None:
    try:
        refuse_plain_http(url, name=name, what=what, is_allowed=settings.allow_plain_http)
    except NotConfigured as error:
        raise NotSent(str(error), error.hint) from None


@contextmanager
def _errors_named(secret: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise NotSent(f"Slack could not be reached: {say_reason(error, _parts(secret))}", HINT) from None


def _shown(value: object) -> str:
    return say_reason(str(value), [])


def _parts(secret: str) -> list[str]:
    """Return the secret, and of a webhook its path, which alone is enough to write to the channel."""
    path = urlsplit(secret).path if "://" in secret else ""
    return [part for part in (secret, path, path.rpartition("/")[2]) if len(part) > 1]
