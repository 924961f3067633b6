"""Parse a commit's message and e-mail addresses: only headline, trailers and domain are kept."""

import re

_TRAILER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*: \s*\S", re.ASCII)
_CO_AUTHOR = re.compile(r"^co-authored-by:", re.IGNORECASE)
_LOCAL_PART = re.compile(r"[^\s<>\"'(),:;@]+@(?=[^\s<>@]+)")
MAX_TRAILERS = 50


def parse_headline(message: str) -> str:
    """Return the first line of a commit message."""
    return message.partition("\n")[0].strip()


def parse_trailers(message: str) -> list[str]:
    """Return the trailers of a commit message, with addresses masked: `Signed-off-by: Ann <@acme.test>`.

    They are lines `Token: value` of the last paragraph. Co-authors count anywhere: a squash merge puts them between the
    messages that it joins.
    """
    if ": " not in message:
        return []
    lines = [line.strip() for line in message.splitlines()]
    start = _start_of_last_paragraph(lines)
    last = lines[start:] if start > 0 else []
    trailers = [line for line in lines[1 : max(start, 1)] if _CO_AUTHOR.match(line)]
    trailers += [line for line in last if _TRAILER.match(line)]
    unique = dict.fromkeys(mask_addresses(line) for line in trailers)
    return list(unique)[:MAX_TRAILERS]


def mask_addresses(text: str) -> str:
    """Return the text with the local part of every e-mail address removed; the domain stays."""
    return _LOCAL_PART.sub("@", text)


def parse_domain(email: str | None) -> str | None:
    """Return the part of an address after the last @, in lower case; None if there is none."""
    _, at, domain = (email or "").rpartition("@")
    return domain.strip().lower() or None if at else None


def _start_of_last_paragraph(lines: list[str]) -> int:
    """Return the index of its first line; 0 if the message has one paragraph, which does not count as trailers."""
    end = len(lines)
    while end > 0 and not lines[end - 1]:
        end -= 1
    start = end
    while start > 0 and lines[start - 1]:
        start -= 1
    return start
