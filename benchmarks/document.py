"""Write results of benchmarks into docs/reliability.md, between two marks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

RELIABILITY = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"


def write(mark: str, lines: Sequence[str]) -> None:
    """Replace the lines between `<!-- mark -->` and `<!-- /mark -->` in docs/reliability.md."""
    text = RELIABILITY.read_text(encoding="utf-8")
    head, begin, rest = text.partition(f"<!-- {mark} -->")
    _, end, tail = rest.partition(f"<!-- /{mark} -->")
    if not begin or not end:
        raise SystemExit(f"{RELIABILITY.name} has no marks <!-- {mark} --> and <!-- /{mark} -->.")
    RELIABILITY.write_text("\n".join([head + begin, *lines, end + tail]), encoding="utf-8")


def write_table(mark: str, sentence: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a sentence and a table between the marks."""
    write(mark, [sentence, "", _line(columns), "|" + "---|" * len(columns), *map(_line, rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"
