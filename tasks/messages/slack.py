"""Slack, by an incoming webhook or as a bot, with Slack's own client."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from tasks.messages.channel import TIMEOUT_SECONDS, NotSent, mask_logs, say_reason
from tasks.messages.letter import Letter, render_slack
from tasks.messages.settings import SlackSettings

# The client logs the address of a webhook at INFO.
LOGGERS = ("slack_sdk.webhook.client", "slack_sdk.webhook.internal_utils")
HINT = "Check the settings PRFLOW_SLACK_...; `prflow notify test` tries them."
# Of a channel, not of the bot: https://docs.slack.dev/reference/methods/chat.postMessage#errors
OF_CHANNEL = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action"}


class SlackBot:
    """A bot that writes to channels it was invited to."""

    name = "slack"

    def __init__(self, settings: SlackSettings) -> None:
        self._secret = settings.bot_token.get_secret_value()
        self._client = WebClient(self._secret, base_url=settings.api_url, timeout=TIMEOUT_SECONDS)

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Write to a channel; raise NotSent. Addresses in the text are not unfurled."""
        text, blocks = render_slack(letter)
        with _errors_named(self._secret, address):
            self._client.chat_postMessage(
                channel=address, text=text, blocks=blocks, unfurl_links=False, unfurl_media=False
            )

    def check(self) -> str:
        """Ask Slack whose token it is; raise NotSent."""
        with _errors_named(self._secret, ""):
            found = self._client.auth_test()
        return f"Slack knows the bot {found.get('user')} of {found.get('team')}."


class SlackWebhook:
    """An incoming webhook, which writes to one channel."""

    name = "webhook"

    def __init__(self, settings: SlackSettings) -> None:
        self._secret = settings.webhook_url.get_secret_value()
        mask_logs(LOGGERS, self._secrets())
        # No retry: the next run is one.
        self._client = WebhookClient(self._secret, timeout=TIMEOUT_SECONDS, retry_handlers=[])

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Write to the webhook's channel; raise NotSent."""
        text, blocks = render_slack(letter)
        with _errors_named(self._secret, ""):
            response = self._client.send(text=text, blocks=blocks, unfurl_links=False, unfurl_media=False)
        if response.status_code != 200:
            reason = say_reason(response.body, self._secrets())
            raise NotSent(f"Slack's webhook responded with {response.status_code}: {reason}", HINT)

    def check(self) -> str:
        """Look at the address alone: a webhook can be asked nothing without sending. Raise NotSent."""
        parts = urlsplit(self._secret)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise NotSent("PRFLOW_SLACK_WEBHOOK_URL is not an address.", "It begins with https://hooks.slack.com/.")
        return f"A webhook at {parts.hostname} is set. `prflow notify test` sends a message by it."

    def _secrets(self) -> list[str]:
        return _parts(self._secret)


@contextmanager
def _errors_named(secret: str, address: str) -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        code = str(error.response.get("error", "")) or f"status {error.response.status_code}"
        words = f"Slack refuses the message{f' to {address}' if address else ''}: {say_reason(code, _parts(secret))}"
        raise NotSent(words, HINT, is_for_all=code not in OF_CHANNEL) from None
    except (SlackClientError, URLError, OSError, ValueError) as error:
        raise NotSent(f"Slack could not be reached: {say_reason(error, _parts(secret))}", HINT) from None


def _parts(secret: str) -> list[str]:
    """Return the secret, and of a webhook its path, which alone is enough to write to the channel."""
    path = urlsplit(secret).path if "://" in secret else ""
    return [part for part in (secret, path, path.rpartition("/")[2]) if len(part) > 1]
