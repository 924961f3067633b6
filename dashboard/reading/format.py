"""Turn values into text: numbers, durations, times, and what people wrote on GitHub.

Titles, bodies, branch names, summaries and evidence are hostile text. They reach a page in one of four ways
only: in a text column of a table (`cell`), through `st.text` (`plain`), inside Markdown (`escape`), or in a
download (`neutralise`). Links are built here from owner, repository and number.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote

from warehouse.guard.untrusted import escape_markdown, neutralise, one_line
from warehouse.words import percent, plural

MISSING = "–"
# The other types are words as they are.
WORK_TYPES = {"bugfix": "bug fix", "refactor": "refactoring", "build_ci": "build, CI", "dependency": "dependencies"}

_NODE = re.compile(r"[A-Za-z0-9_.\-]+\Z")


def plain(text: str | None, limit: int = 400) -> str:
    """Return one line without control and bidirectional characters, cut to `limit`: for `st.text`."""
    return one_line(text, limit)


def cell(text: str | None, limit: int = 200) -> str:
    """Return the line of `plain` for a text column of a table.

    Streamlit's tables have a download of their own, so the rule of `neutralise` holds for them too.
    """
    return neutralise(plain(text, limit)) or ""


def work_type(kind: str | None) -> str | None:
    """Return a type of work in words, of one pull request; None if it is not known."""
    return WORK_TYPES.get(kind or "") or cell(kind).replace("_", " ") or None


def escape(text: str | None, limit: int = 400) -> str:
    """Return the line of `plain` for Markdown: no link, image, colour, icon or formula can come of it."""
    return escape_markdown(text, limit)


def pull_request_url(web_url: str | None, full_name: str, number: int) -> str | None:
    """Return the address of a pull request; None if GitHub's address or the repository's name is malformed."""
    owner, _, name = full_name.partition("/")
    if not (web_url or "").startswith(("https://", "http://")) or not _NODE.match(owner) or not _NODE.match(name):
        return None
    return f"{(web_url or '').rstrip('/')}/{quote(owner)}/{quote(name)}/pull/{number:d}"


def number(value: float | None) -> str:
    """Return a whole number with thousands separators."""
    return MISSING if value is None else f"{value:,.0f}"


def hours(value: float | None) -> str:
    """Return a duration: minutes below an hour, hours below two days, then days, whole ones from 100 on."""
    if value is None:
        return MISSING
    if value < 1:
        return f"{value * 60:.0f} min"
    if value < 10:
        return f"{value:.1f} h"
    if value < 48:
        return f"{value:.0f} h"
    days = value / 24
    return f"{days:.1f} d" if days < 99.95 else f"{days:,.0f} d"


def measure(value: float | None, unit: str) -> str:
    """Return a value with its unit: hours, lines, count or share."""
    if value is None:
        return MISSING
    match unit:
        case "hours":
            return hours(value)
        case "share":
            return percent(value)
        case "lines":
            return f"{value:,.0f} lines"
        case "usd":
            return f"${value:,.4f}" if value < 1 else f"${value:,.2f}"
        case _:
            return number(value)


def seconds(value: float) -> str:
    """Return a wait in words: `40 seconds`, `3 minutes`, `2 hours`."""
    for size, name in ((3600, "hour"), (60, "minute")):
        if value >= size:
            return plural(round(value / size), name)
    return plural(max(0, round(value)), "second")


def time_of_day(at: datetime | None) -> str:
    """Return the time of day in UTC, to the second."""
    return MISSING if at is None else f"{at.astimezone(UTC):%H:%M:%S} UTC"


def timestamp(at: datetime | None) -> str:
    """Return date and time in UTC, to the minute."""
    return MISSING if at is None else f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def day(at: datetime | None) -> str:
    """Return the date in UTC."""
    return MISSING if at is None else f"{at.astimezone(UTC):%d %b %Y}"


def error_code(code: str | None) -> str:
    """Return an error code in words: `broken json`."""
    return code.replace("_", " ") if code else "no reason given"


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago it was, in one unit: `40 s ago`, `3 min ago`, `5 h ago`, `2 d ago`."""
    if at is None:
        return "never"
    passed = max(0.0, (now - at).total_seconds())
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if passed >= size:
            return f"{passed / size:.0f} {unit} ago"
    return f"{passed:.0f} s ago"


def share_between(share: float, low: float, high: float) -> str:
    """Return a share with its interval: "87 % (70 % to 95 %)"."""
    return f"{percent(share)} ({percent(low)} to {percent(high)})"
