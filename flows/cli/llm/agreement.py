"""`prflow llm agreement`: how far the readings of a team may be trusted, by people and by a second reading."""

import polars as pl
from rich.table import Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.metrics.precision.agreement import compute_agreement
from warehouse.metrics.precision.flips import compute_flips
from warehouse.reads.reading_checks import read_drawn
from warehouse.reads.second_readings import read_second_readings
from warehouse.teams.choice import choose_team
from warehouse.words import percent


def show_agreement(team: str | None, as_json: bool) -> None:
    """Print what people judged, and how often a second reading says something else."""
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        team_id = choose_team(warehouse, team)
        agreement = compute_agreement(read_drawn(warehouse, team_id))
        flips = compute_flips(read_second_readings(warehouse, team_id))
    if as_json:
        print_json({"team_id": team_id, "agreement": agreement.to_dicts(), "flips": flips.to_dicts()})
        return
    console = Terminal()
    console.print(draw(agreement, "Judged right", "checked", "right"))
    console.print(draw(flips, "Another answer", "read", "flipped"))


def draw(rows: pl.DataFrame, title: str, of: str, count: str) -> Table:
    """Draw one row per question: how many of how many, and the share with its 95 % interval."""
    table = Table("Question", title, "Share", "95 %", box=None)
    for row in rows.iter_rows(named=True):
        question = one_line(f"{row['question']} {row.get('subject') or ''}".replace("_", " ").strip())
        share = "" if row["share"] is None else percent(row["share"])
        interval = "" if row["share"] is None else f"{percent(row['low'])} to {percent(row['high'])}"
        table.add_row(question, f"{row[count] or 0:,} of {row[of]:,}", share, interval)
    return table
