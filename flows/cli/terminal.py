"""What other people wrote, as a terminal may show it: without what a terminal would take for a command."""

from dashboard.reading.format import INVISIBLE


def clean(text: str) -> str:
    """The same text without control characters, and without what is not seen or turns the direction of reading."""
    return INVISIBLE.sub("", text)
