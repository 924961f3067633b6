"""`prflow rules`: what a team counts as merged, as a release, and what it leaves out; with a preview of each change."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from rich.table import Column, Table

from flows.cli.bots import say_saved
from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from flows.services.admin.rule_changes import RuleChanges, change_rules
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.measure import measure_again
from warehouse.metrics.metric import Metric
from warehouse.metrics.outcomes.preview import Preview
from warehouse.metrics.outcomes.team_rules import AI_RULES, MEANINGS, Rule
from warehouse.questions.shown import shown_rules
from warehouse.teams.choice import choose_team
from warehouse.teams.settings import read_settings
from warehouse.words import percent, plural

MAX_MOVED = 10


@dataclass(frozen=True)
class Request:
    """The arguments of `prflow rules`. Rules are KIND=VALUE; nothing is kept unless `save`."""

    team: str | None
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    save: bool = False
    as_json: bool = False

    @property
    def has_changes(self) -> bool:
        return bool(self.added or self.removed)


def show_rules(request: Request) -> None:
    """List the rules, or show what a change of them moves and, with `save`, keep it."""
    home = find_home()
    changes = RuleChanges.parse(request.added, request.removed)
    with Warehouse(home.settings, read_only=not request.save) as warehouse:
        team_id = choose_team(warehouse, request.team)
        if not request.has_changes:
            return _list(warehouse, team_id, read_settings(warehouse, team_id), request)
        preview = change_rules(warehouse, team_id, changes, save=request.save)
        is_measured = request.save and measure_again(warehouse, team_id, now())
    return _say_preview(preview, request, is_measured=is_measured)


def _list(warehouse: Warehouse, team_id: str, stored: pl.DataFrame, request: Request) -> None:
    counts = warehouse.read(_COUNTS, [team_id])
    stored = stored.filter(pl.col("name").is_in([rule.value for rule in Rule]))
    if request.as_json:
        print_json({"rules": stored.to_dicts(), "counts": counts.to_dicts()}, default=str)
        return
    console = Terminal()
    if not stored.is_empty():
        table = Table("Rule", Column("Value", overflow="fold"), "Since", box=None)
        for name, value, set_at in stored.iter_rows():
            table.add_row(name, one_line(value), f"{set_at:%Y-%m-%d}")
        console.print(table)
    for why, number in counts.iter_rows():
        console.print(f"{plural(number, 'pull request')}: {one_line(why)}")
    if stored.is_empty() and counts.is_empty():
        console.print("There are no rules, and every pull request counts as GitHub has it.")
    console.print("See what a rule moves with --add KIND=VALUE or --remove KIND=VALUE; add --save to keep it.")
    for rule in shown_rules():
        console.print(f"  {rule.value}: {MEANINGS[rule]}")


_COUNTS = """
SELECT 'merged by a bot and closed, told by the ' || landed_by AS why, count(*) AS pull_requests
FROM pull_request_metrics WHERE team_id = $1 AND landed_by IS NOT NULL GROUP BY ALL
UNION ALL
SELECT 'left out, ' || CASE excluded_by WHEN 'release' THEN 'a release or a back-merge' ELSE excluded_by END, count(*)
FROM pull_request_metrics WHERE team_id = $1 AND excluded_by IS NOT NULL GROUP BY ALL
ORDER BY 1
"""


def _say_preview(preview: Preview, request: Request, *, is_measured: bool) -> None:
    if request.as_json:
        values = {metric.name: {"before": before, "after": after} for metric, before, after in preview.values}
        found = {"moved": preview.moved.to_dicts(), "metrics": values, "is_saved": request.save}
        print_json(found, default=str)
        return
    console = Terminal()
    draw_preview(console, preview)
    if any(text.partition("=")[0].strip().lower() in AI_RULES for text in (*request.added, *request.removed)):
        console.print("Signs of AI assistance change when the pull requests are analysed again, by the next run.")
    if request.save:
        console.print(say_saved(is_measured=is_measured))
    else:
        console.print("Nothing was changed. Run this again with --save to keep it.")


def draw_preview(console: Terminal, preview: Preview) -> None:
    moved = preview.moved
    console.print(
        f"{plural(moved.height, 'pull request')} would count differently." if moved.height else "It moves nothing."
    )
    for row in moved.head(MAX_MOVED).iter_rows(named=True):
        name = f"{row['full_name']}#{row['number']} {row['title'] or ''}"
        console.print(f"  {one_line(name, 100)}: {one_line(_say_move(row))}")
    if moved.height > MAX_MOVED:
        console.print(f"  and {moved.height - MAX_MOVED:,} more (--json has all)")
    table = Table("Of all that is stored", Column("Now", justify="right"), Column("Then", justify="right"), box=None)
    for metric, before, after in preview.values:
        table.add_row(metric.title, _say_value(metric, before), _say_value(metric, after))
    console.print(table)


def _say_move(row: dict[str, object]) -> str:
    """Return how it counted and how it would: merged -> left out (label x)."""
    before, after = (_say_state(row[f"state_{when}"], row[f"excluded_{when}"]) for when in ("before", "after"))
    return f"{before} → {after}"


def _say_state(state: object, excluded_by: object) -> str:
    return f"left out ({excluded_by})" if excluded_by else str(state).lower()


def _say_value(metric: Metric, value: float | None) -> str:
    if value is None:
        return "–"
    return {"hours": f"{value:,.1f} h", "share": percent(value), "lines": f"{value:,.0f} lines"}.get(
        metric.unit, f"{value:,.0f}"
    )
