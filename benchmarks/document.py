"""Write results of benchmarks into a document, between two marks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
RELIABILITY, SCALE, PARALLEL = DOCS / "reliability.md", DOCS / "scale.md", DOCS / "parallel.md"


def write(mark: str, lines: Sequence[str], document: Path = RELIABILITY) -> None:
    """Replace the lines between `<!-- mark -->` and `<!-- /mark -->` in the document."""
    text = document.read_text(encoding="utf-8")
    head, begin, rest = text.partition(f"<!-- {mark} -->")
    _, end, tail = rest.partition(f"<!-- /{mark} -->")
    if not begin or not end:
        raise SystemExit(f"{document.name} has no marks <!-- {mark} --> and <!-- /{mark} -->.")
    document.write_text("\n".join([head + begin, *lines, end + tail]), encoding="utf-8")


def write_table(
    mark: str, sentence: str, columns: Sequence[str], rows: Iterable[Sequence[str]], document: Path = RELIABILITY
) -> None:
    """Write a sentence and a table between the marks."""
    write(mark, [sentence, "", _line(columns), "|" + "---|" * len(columns), *map(_line, rows)], document)


def read_rows(mark: str, document: Path = RELIABILITY) -> list[tuple[str, ...]]:
    """Return the rows of the table between the marks, as they were written; none if there is no table yet."""
    table = document.read_text(encoding="utf-8").partition(f"<!-- {mark} -->")[2].partition(f"<!-- /{mark} -->")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in lines[1:]]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"
