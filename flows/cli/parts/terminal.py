"""The one way to print: whatever text is shown, it commands no terminal.

Names, titles and errors come from GitHub, from the model and from their servers. Rich escapes its own markup and
nothing else, so a name with an escape sequence in it could move the cursor, change the title, or hide a line.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from warehouse.guard.untrusted import one_line, strip_invisible


class Terminal(Console):
    """Rich's console without control characters in any text that it draws: lines, tables, progress bars.

    Markup and emoji codes are off unless a call asks for them; then foreign text in it goes through `marked`.
    """

    def __init__(
        self,
        *,
        stderr: bool = False,
        soft_wrap: bool = False,
        width: int | None = None,
        file: IO[str] | None = None,
        force_terminal: bool | None = None,
        no_color: bool | None = None,
    ) -> None:
        super().__init__(
            stderr=stderr,
            soft_wrap=soft_wrap,
            width=width,
            file=file,
            force_terminal=force_terminal,
            no_color=no_color,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Draw as Rich does; strip everything from the text that is not seen, and every link."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else _harmless(segment)


def _harmless(segment: Segment) -> Segment:
    style = segment.style.update_link(None) if segment.style and segment.style.link else segment.style
    return Segment(strip_invisible(segment.text), style)


def marked(text: str) -> str:
    """Return foreign text for a line with markup: one line, in which nothing is markup."""
    return escape(one_line(text))


def print_json(document: object, default: Callable[[object], object] | None = None, indent: int | None = 2) -> None:
    """Print one JSON document on stdout, in ASCII: control characters are written as escapes."""
    print(json.dumps(document, indent=indent, default=default, ensure_ascii=True).replace("\x7f", "\\u007f"))


def print_file(text: str) -> None:
    """Print the contents of a file on stdout: unchanged into a file or a pipe, harmless into a terminal."""
    print(strip_invisible(text) if sys.stdout.isatty() else text, end="")
