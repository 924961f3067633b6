"""Keep tokens and keys off unencrypted connections to other machines."""

from urllib.parse import urlsplit

from warehouse.errors import NotConfigured
from warehouse.guard.loopback import is_exposed

VARIABLE = "PRFLOW_ALLOW_PLAIN_HTTP"
DESCRIPTION = "Send tokens and keys to other machines over plain http, too; for a network that you trust"


def refuse_plain_http(url: str, *, name: str, what: str, is_allowed: bool) -> None:
    """Raise NotConfigured if `what` would be sent there unencrypted. `name` says what the URL is, for the message."""
    if is_exposed(url) and not is_allowed:
        raise NotConfigured(
            f"{name} is plain http to another machine ({urlsplit(url.strip()).hostname}), and {what} would be sent "
            f"unencrypted: use https://, or set {VARIABLE}=true if you trust the network."
        )
