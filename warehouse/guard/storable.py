"""Values that a column cannot hold, found before they are written: what arrives from outside may be anything.

NUL characters break small commits, which the lake keeps as SQL text; lone surrogates are no text in UTF-8; dates
outside of the years 1 to 9999 and numbers of more digits than the column has cannot be read back. A commit that fails
for one of them takes hundreds of rows with it.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

Row = Mapping[str, object]
Types = Mapping[str, pl.DataType]

NUL = "\x00"
LONE_SURROGATES = re.compile("[\ud800-\udfff]")
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
UNSTORABLE = (pl.exceptions.PolarsError, TypeError, UnicodeError, OverflowError)
"""What making a frame raises for a value that its column cannot hold."""
MAX_INT32, MAX_INT64 = 2**31 - 1, 2**63 - 1


@dataclass(frozen=True)
class Altered:
    """A value that is stored otherwise than it came: the number of its row, its column, and what was done."""

    row: int
    column: str
    words: str


def is_storable(rows: Sequence[Row], types: Types) -> bool:
    """Return whether all values of these columns can be stored as they are. Columns that rows lack are passed over."""
    return all(_are_storable([row[name] for row in rows if row.get(name) is not None], types[name]) for name in types)


def make_storable(rows: Sequence[Row], types: Types) -> tuple[list[dict[str, object]], list[Altered]]:
    """Return the rows with every value storable, and what that changed: characters replaced, values left out."""
    made, altered = [], []
    for place, row in enumerate(rows):
        new = dict(row)
        for name, kind in types.items():
            if (value := row.get(name)) is not None:
                new[name], words = _mend(value, kind)
                altered += [Altered(place, name, words)] if words else []
        made.append(new)
    return made, altered


def without_nul(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame without NUL characters in its texts and lists of texts."""
    return frame.with_columns(
        [_clear(frame[name]) for name, kind in frame.schema.items() if _holds_nul(frame[name], kind)]
    )


def _holds_nul(column: pl.Series, kind: pl.DataType) -> bool:
    texts = column.explode() if kind == pl.List(pl.String) else column
    return texts.dtype == pl.String and bool(texts.str.contains(NUL, literal=True).any())


def _clear(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return column.str.replace_all(NUL, "", literal=True)
    return column.list.eval(pl.element().str.replace_all(NUL, "", literal=True))


def _are_storable(values: Sequence[Any], kind: pl.DataType) -> bool:
    """Return whether none of these values needs to be changed. All at once, since most commits hold thousands."""
    if not values:
        return True
    try:
        check = _CHECKS.get(kind.base_type())
        return check is None or check(values, kind)
    except UNSTORABLE:
        return False


def _are_texts(values: Sequence[Any], kind: pl.DataType) -> bool:
    text = "".join(values)
    return NUL not in text and (text.isascii() or bool(text.encode()))


def _are_lists(values: Sequence[Any], kind: pl.DataType) -> bool:
    return all(isinstance(items, list) for items in values) and _are_texts(
        [text for items in values for text in items if text is not None], kind
    )


def _are_integers(values: Sequence[Any], kind: pl.DataType) -> bool:
    """Numbers from outside are counts, sizes and numbers of things: none is below 0."""
    most = MAX_INT32 if kind == pl.Int32 else MAX_INT64
    return all(isinstance(value, int) for value in values) and min(values) >= 0 and max(values) <= most


def _are_times(values: Sequence[Any], kind: pl.DataType) -> bool:
    times = [value for value in values if isinstance(value, str)]
    if not times:
        return all(isinstance(value, datetime) for value in values)
    parsed = parse_times(pl.Series(times))
    return parsed.null_count() == 0 and bool(parsed.is_between(FIRST, LAST).all())


def parse_times(texts: pl.Series, *, strict: bool = False) -> pl.Series:
    """Return the times that ISO 8601 text names; NULL for what names none, or an error if `strict`."""
    return texts.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=strict)


def _mend(value: object, kind: pl.DataType) -> tuple[object, str]:
    """Return what is stored of a value, and in words what was done to it, empty if nothing was."""
    if _are_storable([value], kind):
        return value, ""
    if kind.base_type() is pl.String:
        return _mend_text(value if isinstance(value, str) else str(value))
    if kind.base_type() is pl.List:
        mended = [_mend_text(str(item)) for item in value if item is not None] if isinstance(value, list) else []
        return [text for text, _ in mended], next((words for _, words in mended if words), "it is no list of texts")
    return None, f"{_describe(value)} cannot be stored"


def _mend_text(text: str) -> tuple[str, str]:
    plain = LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text.replace(NUL, ""))
    if plain == text:
        return text, ""
    return plain, "NUL characters were left out" if NUL in text else "characters that are not text were replaced"


def _describe(value: object) -> str:
    if isinstance(value, str):
        return f"the time {value[:40]!a}"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return "a number below 0" if value < 0 else "a number of that size"
    return "a value of another type"


_Check = Callable[[Sequence[Any], pl.DataType], bool]
_CHECKS: Mapping[object, _Check] = {
    pl.String: _are_texts,
    pl.List: _are_lists,
    pl.Int32: _are_integers,
    pl.Int64: _are_integers,
    pl.Datetime: _are_times,
}
