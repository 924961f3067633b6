"""Tables of figures, for a terminal or in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class Figures:
    """A titled table of formatted figures."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def print_figures(console: Console, figures: Figures) -> None:
    """Print the table; cells may hold untrusted text, so markup in them is escaped."""
    table = Table(*figures.columns, title=figures.title, title_justify="left")
    for row in figures.rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def to_markdown(figures: Figures) -> str:
    lines = [figures.columns, ["---"] * len(figures.columns), *figures.rows]
    drawn = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]
    return "\n".join([f"**{figures.title}**", "", *drawn, ""])


def format_share(value: float | None) -> str:
    """Format a share to a tenth of a percent, or a dash if it is not defined."""
    return "-" if value is None else f"{100 * value:.1f} %"


def format_score(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
