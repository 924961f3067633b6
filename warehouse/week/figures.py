"""Figures in a sentence: numbers with a unit, and whether one says a value as it is."""

import re
from dataclasses import dataclass

from warehouse.week.fact import Unit, say_value

NUMBER = r"(?<![\w.,])(?P<{0}sign>[+−-]?)(?P<{0}number>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)"
UNIT = (
    r"(?: ?(?P<{0}unit>percentage points?|points?|pp|per cent|percent|%|hours?|hrs?|h|days?|minutes?|mins?|years?"
    r"|lines?|pull requests?|prs?)(?![\w%]))"
)
_KINDS = {
    "points": ("percentage point", "percentage points", "point", "points", "pp"),
    "percent": ("%", "percent", "per cent"),
    "hours": ("h", "hr", "hrs", "hour", "hours"),
    "days": ("day", "days"),
    "minutes": ("min", "mins", "minute", "minutes"),
    "years": ("year", "years"),
    "lines": ("line", "lines"),
    "count": ("pull request", "pull requests", "pr", "prs"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_HOURS_OF = {"hours": 1.0, "days": 24.0, "minutes": 1 / 60, "years": 8766.0}
# A coarser figure than this hides what the fact says, unless the fact itself is worded so.
MAX_ROUNDING = 0.02


@dataclass(frozen=True)
class Figure:
    """A number as a sentence has it: `kind` is its unit, empty without one; `sign` is +, − or empty."""

    number: float
    decimals: int
    kind: str
    sign: str = ""

    @classmethod
    def read(cls, match: re.Match[str], name: str = "") -> "Figure":
        """Read the figure of the groups that `figure(name)` named."""
        text = match.group(f"{name}number").replace(",", "")
        unit = match.groupdict().get(f"{name}unit") or ""
        sign = match.group(f"{name}sign").replace("-", "−")
        return cls(float(text), len(text.partition(".")[2]), _KIND_OF.get(unit.lower(), ""), sign)

    def says(self, value: float | None, unit: Unit) -> bool:
        """Return whether it says a value, unsigned: as it is worded elsewhere, or rounded by 2 % at the most."""
        if value is None or self.sign or value < 0:
            return False
        worded = re.search(figure(), say_value(value, unit))
        canonical = Figure.read(worded) if worded else None
        if canonical and (canonical.number, canonical.kind, canonical.decimals) == (*self._with(unit), self.decimals):
            return True
        match unit:
            case "hours" if self.kind in _HOURS_OF:
                return self._rounds(value / _HOURS_OF[self.kind])
            case "share" if self.kind == "percent":
                return self._rounds(value * 100)
            case "lines" if self.kind in {"lines", ""}:
                return self._rounds(value)
        return False

    def says_change(self, change: float | None, unit: Unit) -> bool:
        """Return whether it says the size of a change; its sign, if it has one, has to be that of the change."""
        kind = "points" if unit == "share" else "percent"
        if change is None or self.kind != kind or (self.sign and self.sign != ("+" if change >= 0 else "−")):
            return False
        return self.decimals <= 1 and round(abs(change) * 100, self.decimals) == self.number

    def says_bound(self, bound: float | None, unit: Unit) -> bool:
        """Return whether it says the end of an interval: without a sign it is positive."""
        is_negative = bound is not None and round(bound * 100, self.decimals) < 0
        return self.says_change(bound, unit) and (self.sign == "−" if is_negative else self.sign != "−")

    def _with(self, unit: Unit) -> tuple[float, str]:
        return self.number, self.kind or (unit if unit in {"count", "lines"} else "")

    def _rounds(self, value: float) -> bool:
        is_rounded = round(value, self.decimals) == self.number and self.decimals <= 1
        return is_rounded and abs(self.number - value) <= MAX_ROUNDING * abs(value)


def figure(name: str = "", *, needs_unit: bool = False) -> str:
    """Return the pattern of a figure, with groups that begin with `name`."""
    return (NUMBER + UNIT + ("" if needs_unit else "?")).format(name)
