"""English for counts and shares, as every message and page says them."""

from collections.abc import Sequence


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: `1 pull request`, `1,204 pull requests`, `2 repositories`, `3 days`."""
    if count == 1:
        return f"1 {noun}"
    has_consonant_before_y = noun.endswith("y") and noun[-2] not in "aeiou"
    return f"{count:,} {noun[:-1]}ies" if has_consonant_before_y else f"{count:,} {noun}s"


def name_some(names: Sequence[str], most: int) -> str:
    """Return the first names, `most` of them, and how many more there are: `acme, northwind and 4 more`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 in per cent: `88 %`."""
    return f"{100 * share:,.0f} %"


def signed(number: float) -> str:
    """Return a number with its sign, whole unless that would be zero: `+12`, `-3`, `+0.4`, `0`."""
    for text in (f"{number:+,.0f}", f"{number:+.1f}"):
        if text.strip("+-0."):
            return text
    return "0"


def points(by: float) -> str:
    """Return by how much a share moved, in points of per cent: `+1 point`, `-12 points`."""
    moved = signed(100 * by)
    return f"{moved} point" if moved in ("+1", "-1") else f"{moved} points"


def name_kind(*, is_bot: bool, is_agent: bool) -> str:
    """Return what an account counts as, in words: a coding agent is a bot whose pull requests count."""
    return "coding agent" if is_agent else "bot" if is_bot else "human"
