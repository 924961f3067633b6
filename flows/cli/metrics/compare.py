"""`prflow metrics compare`: one number under the definitions of several tools, and the pull requests that move it."""

from dataclasses import dataclass

from rich.table import Column, Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from warehouse.connection import Warehouse
from warehouse.guard.tabular import json_value
from warehouse.guard.untrusted import one_line
from warehouse.metrics.lab.compare import OURS, Definition
from warehouse.questions.lab import Comparison, compare_definitions, find_comparable
from warehouse.questions.metrics import Question
from warehouse.teams.choice import choose_team
from warehouse.words import plural

MAX_MOVED = 5
WIDTH_OF_A_PIPE = 160


@dataclass(frozen=True)
class Request:
    """The arguments of `prflow metrics compare`."""

    metric: str
    team: str | None = None
    repository: str = ""
    weeks: int = 4
    as_json: bool = False


def show_comparison(request: Request) -> None:
    """Compare the definitions of a metric. Raises UnknownName and BadArgument."""
    metric = find_comparable(request.metric)
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        team_id = choose_team(warehouse, request.team)
        found = compare_definitions(warehouse, team_id, Question(metric.name, request.weeks, request.repository))
    if request.as_json:
        print_json(to_json(found), default=json_value)
        return
    console = Terminal()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_PIPE
    draw_comparison(console, found)


def to_json(found: Comparison) -> dict[str, object]:
    """Return plain values."""
    definitions = [
        {
            "tool": one.tool,
            "name": one.name,
            "rule": one.sentence,
            "source": one.source,
            "average": one.average,
            "value": one.value,
            "median": one.median,
            "n": one.n,
            "moved": found.moved(one).to_dicts(),
        }
        for one in found.definitions
    ]
    return {
        "metric": found.metric.name,
        "start": found.start,
        "end": found.end,
        "definitions": definitions,
        "without_such_a_number": list(found.lacking),
    }


def draw_comparison(console: Terminal, found: Comparison) -> None:
    """Draw the table of values, then what moves each."""
    console.print(f"{found.metric.title}, {found.start:%Y-%m-%d} to {found.end:%Y-%m-%d}, in hours")
    numbers = [Column(name, justify="right") for name in ("Value", "Median", "n", "In", "Out", "Changed")]
    table = Table("Definition", "Calls it", "Average", *numbers, box=None)
    for one in found.definitions:
        moved = ("", "", "") if one.tool == OURS else tuple(f"{one.count(how):,}" for how in ("in", "out", "changed"))
        table.add_row(one.tool, one.name, one.average, _say(one.value), _say(one.median), f"{one.n:,}", *moved)
    console.print(table)
    if found.lacking:
        console.print(f"No such number: {', '.join(found.lacking)}.", style="dim")
    for one in found.definitions[1:]:
        _draw_moved(console, found, one)
    console.print("\nIn: counted there, not here. Out: counted here, not there. --json has all of them.", style="dim")


def _draw_moved(console: Terminal, found: Comparison, one: Definition) -> None:
    console.print(f"\n{one.tool}: {one.sentence}")
    console.print(one.source, style="dim", soft_wrap=True)
    table = Table(
        Column("", no_wrap=True),
        "",
        Column("Here", justify="right"),
        Column("There", justify="right"),
        Column("Why", overflow="fold"),
        box=None,
    )
    for row in found.moved(one).head(MAX_MOVED).iter_rows(named=True):
        name = one_line(f"{row['full_name'] or '?'}#{row['number']}", 80)
        table.add_row(name, row["how"], _say(row["ours_hours"]), _say(row["hours"]), one_line(row["why"], 200))
    if table.row_count:
        console.print(table)
    rest = one.moved.height - table.row_count
    if rest > 0:
        console.print(f"  and {plural(rest, 'pull request')} more", style="dim")


def _say(hours: float | None) -> str:
    return "–" if hours is None else f"{hours:,.1f}"
