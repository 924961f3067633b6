"""Puts what a benchmark measured into a document, between two marks, so that it can be measured anew."""

from collections.abc import Iterable, Sequence
from pathlib import Path

RELIABILITY = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"


def write(mark: str, lines: Sequence[str]) -> None:
    """Replaces what stands between `<!-- mark -->` and `<!-- /mark -->` in docs/reliability.md."""
    text = RELIABILITY.read_text(encoding="utf-8")
    head, begin, rest = text.partition(f"<!-- {mark} -->")
    _, end, tail = rest.partition(f"<!-- /{mark} -->")
    if not begin or not end:
        raise SystemExit(f"{RELIABILITY.name} has no place for {mark}")
    RELIABILITY.write_text("\n".join([head + begin, *lines, end + tail]), encoding="utf-8")


def write_table(mark: str, sentence: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """`write` of a sentence and a table."""
    write(mark, [sentence, "", _line(columns), "|" + "---|" * len(columns), *map(_line, rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"
