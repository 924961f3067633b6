"""The results of checks in the terminal."""

from flows.cli.parts.terminal import Terminal, marked
from tasks.checks import Check

MARKS = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "fault": "[red]✗[/]"}


def draw_checks(console: Terminal, checks: list[Check]) -> None:
    """Draw one line per check."""
    for check in checks:
        hint = f" [dim]{marked(check.hint)}[/]" if check.hint else ""
        console.print(f"{MARKS[check.state]} {check.name:<14} {marked(check.message)}{hint}", markup=True)
