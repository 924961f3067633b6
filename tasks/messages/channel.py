"""What a channel is, and how it fails."""

import logging
from base64 import b64encode
from collections.abc import Sequence
from typing import Protocol

from tasks.messages.letter import Letter
from warehouse.errors import PrflowError
from warehouse.guard.masking import Masking
from warehouse.guard.untrusted import one_line

TIMEOUT_SECONDS = 10
MAX_REASON = 300


class NotSent(PrflowError):
    """A channel did not take a message. `is_for_all` if it takes none at present, whatever the address."""

    def __init__(self, message: str, hint: str = "", *, is_for_all: bool = True) -> None:
        super().__init__(message, hint)
        self.is_for_all = is_for_all


class Channel(Protocol):
    """A way to people. Neither method lets a secret into an error."""

    name: str

    def send(self, address: str, letter: Letter, id_: str) -> None:
        """Send a letter; raise NotSent. `id_` is the same if the same message is sent again."""

    def check(self) -> str:
        """Return what a check found that sends nothing; raise NotSent."""


class MaskedLogs(logging.Filter):
    """Keep secrets out of what a client's library logs: addresses of webhooks, at INFO and DEBUG."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self.secrets = tuple(secrets)
        self._masking = Masking(secrets=self.secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message of a record, which is then logged."""
        record.msg, record.args = self._masking.mask(record.getMessage()), ()
        return True


def mask_logs(loggers: Sequence[str], secrets: Sequence[str]) -> None:
    """Let every line of these loggers pass through a mask of these secrets from now on."""
    for name in loggers:
        logger = logging.getLogger(name)
        known = [one.secrets for one in logger.filters if isinstance(one, MaskedLogs)]
        if tuple(secrets) not in known:  # two channels may share a library
            logger.addFilter(MaskedLogs(secrets))


def say_reason(error: BaseException | str, secrets: Sequence[str]) -> str:
    """Return why something failed as one line, without secrets in any of the forms in which a server quotes them."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    encoded = [b64encode(secret.encode()).decode() for secret in secrets if secret]
    return one_line(Masking(secrets=(*secrets, *encoded)).mask(text), MAX_REASON)
