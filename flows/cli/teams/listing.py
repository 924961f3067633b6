"""`prflow teams list`."""

import polars as pl
from rich.table import Column, Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.reads.teams import read_team_sizes


def show_teams(as_json: bool) -> None:
    """Print one row per team: its state, what is stored of it, and when it last ran."""
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        teams = read_team_sizes(warehouse)
    if as_json:
        print_json(teams.to_dicts(), default=str)
        return
    draw_teams(Terminal(), teams)


def draw_teams(console: Terminal, teams: pl.DataFrame) -> None:
    if teams.is_empty():
        console.print("There is no team yet. Start with `prflow onboard OWNER`, or see `prflow demo`.", soft_wrap=True)
        return
    table = Table(
        Column("Team", overflow="fold"), "State", "Repositories", "Pull requests", "Last run", "Called before", box=None
    )
    for one in teams.iter_rows(named=True):
        state = "paused" if one["is_paused"] else one["status"] or ""
        table.add_row(
            one_line(one["login"]),
            state,
            f"{one['repositories']:,}",
            f"{one['pull_requests']:,}",
            f"{one['last_run_at']:%Y-%m-%d %H:%M}" if one["last_run_at"] else "never",
            one_line(", ".join(one["earlier_ids"] or ())),
        )
    console.print(table)
