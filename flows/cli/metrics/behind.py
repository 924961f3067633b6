"""`prflow metrics behind`: exactly the pull requests behind a number."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from rich.table import Column, Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_file, print_json
from warehouse.connection import Warehouse
from warehouse.guard.tabular import json_value, write_csv
from warehouse.guard.untrusted import one_line
from warehouse.metrics.metric import Metric
from warehouse.questions.metrics import Question, find_metric, read_behind, read_sources
from warehouse.teams.choice import choose_team
from warehouse.words import plural

MAX_SHOWN = 200


@dataclass(frozen=True)
class Request:
    """The arguments of `prflow metrics behind`."""

    metric: str
    team: str | None = None
    repository: str = ""
    weeks: int = 4
    week: date | None = None
    as_json: bool = False
    as_csv: bool = False


def show_behind(request: Request) -> None:
    """List the pull requests behind a metric of a period. Raises BadArgument."""
    metric = find_metric(request.metric)
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        sources = read_sources(warehouse, choose_team(warehouse, request.team), metric.name)
        rows = read_behind(warehouse, sources, Question(metric.name, request.weeks, request.repository, request.week))
    if request.as_csv:
        print_file(write_csv(rows))
    elif request.as_json:
        n = int(rows["n"].sum())
        found = {"metric": metric.name, "n": n, "pull_requests": rows.to_dicts()}
        print_json(found, default=json_value)
    else:
        _draw(Terminal(), metric, rows)


def _draw(console: Terminal, metric: Metric, rows: pl.DataFrame) -> None:
    if not console.is_terminal:
        console.width = 160
    number = Column(metric.unit if metric.unit in {"hours", "lines", "usd"} else "counts", justify="right")
    table = Table(
        "Pull request", Column("Title", overflow="ellipsis", no_wrap=True), "Author", "State", number, box=None
    )
    for row in rows.head(MAX_SHOWN).iter_rows(named=True):
        name = f"{row['full_name'] or '?'}#{row['number']}"
        texts = (name, row["title"] or "", row["author_login"] or "", str(row["state"]).lower())
        table.add_row(*(one_line(text, 100) for text in texts), _say_value(metric, row))
    console.print(table)
    n = int(rows["n"].sum())
    more = f", the latest {MAX_SHOWN} shown; --json and --csv have all" if rows.height > MAX_SHOWN else ""
    of = f"{plural(n, 'review')} of " if metric.source == "reviews" else ""
    console.print(f"n = {n:,}: {of}{plural(rows.height, 'pull request')}{more}", style="dim")


def _say_value(metric: Metric, row: dict[str, object]) -> str:
    value = row["value"]
    if metric.source == "reviews":
        return f"{row['n']:,}"
    if not isinstance(value, float):
        return "–"
    if metric.flag is not None:
        return "yes" if value else "no"
    return f"{value:,.2f}" if metric.unit in {"hours", "usd"} else f"{value:,.0f}"
