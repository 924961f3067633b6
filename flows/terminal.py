"""What other people wrote, as a terminal may show it: without what a terminal would take for a command."""

import re

# Control characters but tab and new line, and those that are not seen or turn the direction of reading.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The same text without control characters."""
    return CONTROL.sub("", text)
