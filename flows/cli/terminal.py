"""Make untrusted text safe to print in a terminal."""

from dashboard.reading.format import INVISIBLE


def clean(text: str) -> str:
    """Strip control, zero-width and bidirectional characters."""
    return INVISIBLE.sub("", text)
