"""What other people wrote, as a terminal may show it: without what a terminal would take for a command."""

import re

# Control characters but tab and new line, and those that are not seen or turn the direction of reading.
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """The same text without control characters."""
    return CONTROL.sub("", text)
