"""Quote what a server said, so that it can stand in a sentence: short, on one line, and never the HTML of a proxy."""

import html
import re

MAX_QUOTE_LENGTH = 300
MAX_TITLE_LENGTH = 80
_PAGE = re.compile(r"<\s*(?:!doctype|html|head|title|body|center|h1|div|p|script|style)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
_MARKUP = re.compile(r"[<>\x00-\x1f\x7f-\x9f]+")


def quote(text: str) -> str:
    """Return the text on one line, cut to its beginning; of a page of HTML only the title is told."""
    if _PAGE.search(text):
        return _describe_page(text)
    return _on_one_line(text)[:MAX_QUOTE_LENGTH]


def is_page(content: bytes) -> bool:
    """Return whether the body of a response is a page of HTML, which something else than GitHub's API has sent."""
    return content.lstrip()[:1] == b"<" and bool(_PAGE.search(content[:1000].decode("utf-8", "replace")))


def _describe_page(text: str) -> str:
    found = _TITLE.search(text)
    title = _on_one_line(_MARKUP.sub(" ", html.unescape(found[1]))) if found else ""
    return f"a page of HTML, “{title[:MAX_TITLE_LENGTH]}”" if title else "a page of HTML"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
