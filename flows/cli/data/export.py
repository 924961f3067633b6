"""`prflow export`: write the warehouse's tables as files."""

from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from warehouse.connection import Warehouse
from warehouse.export import Format, export, table_names
from warehouse.teams.choice import choose_team


def show_export(path: Path, kind: Format, force: bool, as_json: bool, team: str | None = None) -> None:
    """Write every table into one file or folder, of one team or of all.

    `force` replaces an earlier export, and nothing else. Raises UnknownTeam.
    """
    counts: dict[str, int] = {}
    console = Terminal(stderr=True)
    with Warehouse(find_home().settings, read_only=True) as warehouse, _bar(console) as bar:
        team_id = choose_team(warehouse, team) if team else None
        task = bar.add_task("Exporting", total=len(table_names()))

        def on_table(name: str, rows: int) -> None:
            counts[name] = rows
            bar.update(task, advance=1, description=f"{name}: {rows:,} rows")

        export(warehouse, path, kind, on_table, may_replace=force, team_id=team_id)
    if as_json:
        print_json({"path": str(path.resolve()), "format": kind, "tables": counts})
    else:
        words = f"Wrote {sum(counts.values()):,} rows of {len(counts)} tables to {path}."
        Terminal(soft_wrap=True).print(words)


def _bar(console: Terminal) -> Progress:
    return Progress(
        TextColumn("{task.description:<40}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
