"""Every other channel, by an address of Apprise: https://appriseit.com/services/."""

import re

import apprise

from tasks.messages.channel import NotSent, mask_logs, say_reason
from tasks.messages.letter import Letter, render_text
from tasks.messages.settings import AppriseSettings

LOGGERS = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")
MIN_LENGTH = 7
HINT = "Check PRFLOW_APPRISE_URLS; `prflow notify test` tries it."


class Other:
    """All addresses of PRFLOW_APPRISE_URLS."""

    name = "apprise"

    def __init__(self, settings: AppriseSettings) -> None:
        self._urls = settings.urls.get_secret_value().split()
        # The secret of a service may be in any part of its address, and requests show its path.
        parts = [part for url in self._urls for part in re.split(r"[/?&=@:]+", url) if len(part) > MIN_LENGTH]
        self._secrets = [*self._urls, *parts]
        mask_logs(LOGGERS, self._secrets)

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Send to all addresses; raise NotSent if one of them did not take it, which Apprise does not name."""
        client = self._open()
        text = render_text(letter)
        try:
            is_sent = client.notify(
                title=letter.clean().subject, body=text, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False
            )
        except (OSError, ValueError, TypeError) as error:
            raise NotSent(f"Apprise failed: {say_reason(error, self._secrets)}", HINT) from None
        if not is_sent:
            raise NotSent("A service behind PRFLOW_APPRISE_URLS did not take the message.", HINT)

    def check(self) -> str:
        """Return the kinds of the services; raise NotSent if an address is none."""
        kinds = sorted({str(service.service_name) for service in self._open()})
        return f"Messages go to {', '.join(kinds)}. `prflow notify test` sends one."

    def _open(self) -> apprise.Apprise:
        client = apprise.Apprise()
        for place, url in enumerate(self._urls, start=1):
            if not client.add(url):
                raise NotSent(
                    f"Address {place} in PRFLOW_APPRISE_URLS is none that Apprise knows.",
                    "See https://appriseit.com/services/ for their forms.",
                )
        return client
