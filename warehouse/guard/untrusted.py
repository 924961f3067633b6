"""Text that people wrote on GitHub, made safe for where it is shown: a line, Markdown, a spreadsheet, a terminal.

Titles, bodies, branch names and names of repositories are hostile text. So is whatever a server says about an error.
"""

import re

# Control characters except tab and new line, invisible characters, and those that reverse the reading direction.
INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
ZERO_WIDTH = "\u200b"

# Every ASCII punctuation mark may be escaped in CommonMark; Streamlit adds `:` (colours, icons, emoji) and `$`.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@^=\"'/])")
# Autolinks of bare addresses are found after escapes are resolved, so escaping alone does not stop them.
_AUTOLINK = re.compile(r"(://|www(?=\.)|@)", re.IGNORECASE)

# What begins a mention (`@everyone`, `<@1>`, `<!channel>`) or a link or picture with a text of its own.
_MARKS = re.compile(r"[@<\[]|\](?=[(\[:])")

# What a spreadsheet takes for the beginning of a formula: OWASP's list for CSV injection, and every character that
# Unicode's compatibility forms (NFKC) make one of `=`, `+`, `-`, `@`.
_TRIGGERS = "\t\r\n=+-@⁺⁻⁼₊₋₌﬩﹢﹣﹦﹫＋－＝＠"
# What a spreadsheet may skip before it: Unicode's separators, control and format characters (Z*, Cc, Cf), and the
# characters of other categories that are drawn as nothing.
_BLANK = (
    (0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD),
    (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0x115F, 0x1160), (0x1680, 0x1680), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x110BD, 0x110BD),
    (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip


def _class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


def _re2_class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in ranges)


FORMULA = f"^[{_re2_class(_BLANK)}]*[{_re2_class(tuple((ord(one), ord(one)) for one in _TRIGGERS))}]"
"""The same for DuckDB and Polars, whose regular expressions have a syntax of their own."""

_FORMULA = re.compile(f"[{_class(_BLANK)}]*[{re.escape(_TRIGGERS)}]")


def strip_invisible(text: str) -> str:
    """Strip control, zero-width and bidirectional characters, so that no terminal takes an order from the text."""
    return INVISIBLE.sub("", text)


def one_line(text: str | None, limit: int | None = None) -> str:
    """Return the text as one line without invisible characters, cut to `limit`; empty for None."""
    line = " ".join(strip_invisible((text or "").replace("\n", " ").replace("\t", " ")).split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def escape_markdown(text: str | None, limit: int | None = None) -> str:
    """Return the line of `one_line` for Markdown: no link, image, HTML, table or formula can come of it."""
    broken = _AUTOLINK.sub(rf"\1{ZERO_WIDTH}", one_line(text, limit))
    return _MARKDOWN.sub(r"\\\1", broken)


def break_marks(text: str) -> str:
    """Return the line of `one_line` for a service that may read it as Markdown: nobody is called by it, no link made.

    It looks the same, for what breaks the marks has no width; services that draw plain text show no backslashes.
    """
    return _MARKS.sub(rf"\g<0>{ZERO_WIDTH}", text)


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may take the text for a formula."""
    return _FORMULA.match(text) is not None


def neutralise(text: str | None) -> str | None:
    """Return the cell of a file that no spreadsheet takes for a formula: with an apostrophe in front, if it is one."""
    return f"'{text}" if text and is_formula(text) else text
