"""`prflow team`: the settings of a team: its time zone, numbers per person, working hours and holidays."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.table import Column, Table

from flows.cli.bots import say_saved
from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.identity.team_calendar import Asked, read_calendar, read_holidays, store_calendar
from warehouse.measure import measure_again
from warehouse.teams.choice import choose_team


@dataclass(frozen=True)
class Request:
    """The arguments of `prflow team`; what is None stays as it is."""

    team: str | None
    timezone: str | None = None
    people: str | None = None
    working_hours: tuple[str, str] | None = None
    holidays: Path | None = None
    as_json: bool = False

    def ask(self) -> Asked:
        hours = " ".join(self.working_hours) if self.working_hours else None
        days = read_holidays(self.holidays) if self.holidays else None
        return Asked(self.timezone, self.people, hours, days)


def show_team(request: Request) -> None:
    """Keep what is asked (all or none) and compute all numbers again, then list the settings."""
    asked = request.ask()
    home = find_home()
    with Warehouse(home.settings, read_only=not asked.has_any) as warehouse:
        team_id = choose_team(warehouse, request.team)
        is_measured = False
        if asked.has_any:
            store_calendar(warehouse, team_id, asked, now())
            is_measured = measure_again(warehouse, team_id, now())
        settings = read_calendar(warehouse, team_id)
    if request.as_json:
        print_json(settings.to_dicts(), default=str)
        return
    console = Terminal()
    _draw(console, settings)
    if asked.has_any:
        console.print(say_saved(is_measured=is_measured))


def _draw(console: Terminal, settings: pl.DataFrame) -> None:
    table = Table("Setting", Column("Value", overflow="fold"), "Since", box=None)
    for name, value, set_at in settings.iter_rows():
        table.add_row(name, one_line(value), f"{set_at:%Y-%m-%d}" if set_at else "")
    console.print(table)
