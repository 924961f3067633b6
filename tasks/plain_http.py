"""Keep tokens and keys off unencrypted connections to other machines."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from warehouse.errors import NotConfigured

VARIABLE = "PRFLOW_ALLOW_PLAIN_HTTP"
DESCRIPTION = "Send tokens and keys to other machines over plain http, too; for a network that you trust"


def is_exposed(url: str) -> bool:
    """Return whether what is sent there crosses a network unencrypted: plain http to another machine."""
    parts = urlsplit(url.strip())
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine. A name other than localhost may be any machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def refuse_plain_http(url: str, *, name: str, what: str, is_allowed: bool) -> None:
    """Raise NotConfigured if `what` would be sent there unencrypted. `name` says what the URL is, for the message."""
    if is_exposed(url) and not is_allowed:
        raise NotConfigured(
            f"{name} is plain http to another machine ({urlsplit(url.strip()).hostname}), and {what} would be sent "
            f"unencrypted: use https://, or set {VARIABLE}=true if you trust the network."
        )
