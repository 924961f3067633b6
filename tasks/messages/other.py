"""Every other channel, by an address of Apprise: https://appriseit.com/services/."""

import re

import apprise

from tasks.messages.channel import NotSent, mask_logs, say_reason
from tasks.messages.letter import Letter, render_unmarked
from tasks.messages.settings import AppriseSettings

LOGGERS = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")
MIN_LENGTH = 7
HINT = "Check PRFLOW_APPRISE_URLS; `prflow notify test` tries it."


class Other:
    """The services of PRFLOW_APPRISE_URLS. The address of a message is the place of one of them, from 1 on.

    So each is sent to alone: if one fails, the next try does not tell the others again.
    """

    name = "apprise"

    def __init__(self, settings: AppriseSettings) -> None:
        self._urls = settings.addresses
        # The secret of a service may be in any part of its address, and requests show its path.
        parts = [part for url in self._urls for part in re.split(r"[/?&=@:]+", url) if len(part) > MIN_LENGTH]
        self._secrets = [*self._urls, *parts]
        mask_logs(LOGGERS, self._secrets)

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Send to the service at this place, or to all of them without one; raise NotSent, for this place alone."""
        client = self._open(address)
        title, text = render_unmarked(letter)
        try:
            is_sent = client.notify(
                title=title, body=text, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False
            )
        except (OSError, ValueError, TypeError) as error:
            reason = say_reason(error, self._secrets)
            raise NotSent(f"Apprise failed: {reason}", HINT, is_for_all=False) from None
        if not is_sent:
            what = f"Address {address} in PRFLOW_APPRISE_URLS" if address else "A service behind PRFLOW_APPRISE_URLS"
            raise NotSent(f"{what} did not take the message.", HINT, is_for_all=False)

    def check(self) -> str:
        """Return the kinds of the services; raise NotSent if an address is none."""
        kinds = sorted({str(service.service_name) for service in self._open()})
        return f"Messages go to {', '.join(kinds)}. `prflow notify test` sends one."

    def _open(self, address: str = "") -> apprise.Apprise:
        client = apprise.Apprise()
        for place, url in enumerate(self._urls, start=1):
            if address in {"", str(place)} and not client.add(url):
                raise NotSent(
                    f"Address {place} in PRFLOW_APPRISE_URLS is none that Apprise knows.",
                    "See https://appriseit.com/services/ for their forms.",
                    is_for_all=False,
                )
        if not len(client):
            raise NotSent(f"PRFLOW_APPRISE_URLS has no address {address} any more.", HINT, is_for_all=False)
        return client
