"""What a client needs to be told of others that use its accounts."""

from datetime import datetime
from typing import Protocol

from tasks.github.api.accounts import Accounts


class Renewing(Protocol):
    """The shares of one client in its accounts, which it has renewed as it goes."""

    async def renew_if_due(self, accounts: Accounts, now: datetime) -> None:
        """Renew the shares if that was not done just now."""

    def renew_next(self) -> None:
        """Renew the shares before the next request: GitHub has just set a limit."""
