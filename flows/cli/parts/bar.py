"""A bar of tables that are written or read one after another, on stderr of a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn

from flows.cli.parts.terminal import Terminal


@contextmanager
def table_bar(words: str) -> Iterator[Callable[[str, int], None]]:
    """Show the table at work and how many are done; yield what to call after each table, with its rows."""
    console = Terminal(stderr=True)
    columns = (TextColumn("{task.description:<40}"), BarColumn(), TextColumn("{task.completed} tables"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=None)
        yield lambda name, rows: bar.update(task, advance=1, description=f"{name}: {rows:,} rows")
