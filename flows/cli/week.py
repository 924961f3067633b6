"""`prflow week`: the last complete week of a team in sentences, each with its pull requests."""

from datetime import date

import polars as pl

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.teams.choice import choose_team
from warehouse.week.words import Sentence, WeekInWords, read_receipts, read_week

MAX_NAMED = 5
NOTHING = "No week is complete yet: one is once it is over and all of it is fetched."


def show_week(team: str | None, week: date | None, as_json: bool) -> None:
    """Print the sentences of a week, and below each its pull requests. Raises WeekNotComplete."""
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        team_id = choose_team(warehouse, team)
        found = read_week(warehouse, team_id, week)
        ids = [id_ for one in found.sentences for id_ in one.pull_request_ids] if found else []
        names = _name(read_receipts(warehouse, team_id, ids))
    if as_json:
        print_json(describe(found, names) if found else {"team_id": team_id, "week_start": None, "sentences": []})
    elif found is None:
        Terminal().print(NOTHING)
    else:
        draw_week(Terminal(soft_wrap=True), found, names)


def draw_week(console: Terminal, week: WeekInWords, names: dict[str, str]) -> None:
    console.print(f"The week of {week.week_start:%-d %B %Y}", style="bold")
    for one in week.sentences:
        console.print(f"- {one_line(one.text)}")
        console.print(f"  {_say_receipts(one, names)}", style="dim")
    by = f"Worded by {'a simulated model' if week.is_simulated else one_line(week.model)}" if week.model else "Counted"
    console.print(f"{by}; every figure is that of the numbers stored now.", style="dim")


def describe(week: WeekInWords, names: dict[str, str]) -> dict[str, object]:
    """Return the week as JSON: the sentences with their facts and all of their pull requests."""
    return {
        "team_id": week.team_id,
        "week_start": week.week_start.isoformat(),
        "model": week.model or None,
        "is_simulated": week.is_simulated,
        "sentences": [
            {
                "text": one.text,
                "facts": [fact.key for fact in one.facts],
                "pull_requests": [names[id_] for id_ in one.pull_request_ids if id_ in names],
            }
            for one in week.sentences
        ],
    }


def _name(receipts: pl.DataFrame) -> dict[str, str]:
    return {row["id"]: f"{row['full_name']}#{row['number']}" for row in receipts.iter_rows(named=True)}


def _say_receipts(one: Sentence, names: dict[str, str]) -> str:
    known = [names[id_] for id_ in one.pull_request_ids if id_ in names]
    more = f" and {len(known) - MAX_NAMED:,} more" if len(known) > MAX_NAMED else ""
    return f"{one_line(', '.join(known[:MAX_NAMED]))}{more}"
