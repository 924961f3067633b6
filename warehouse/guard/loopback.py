"""Whether an address is this machine, and whether what is sent there can be read on the way."""

from ipaddress import ip_address
from urllib.parse import urlsplit


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
