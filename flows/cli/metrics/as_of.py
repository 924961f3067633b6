"""`prflow metrics as-of`: what a week said on a day, what it says now, and why it moved since."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import polars as pl
from rich.table import Column, Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from warehouse.connection import Row, Warehouse
from warehouse.errors import BadArgument
from warehouse.guard.untrusted import one_line
from warehouse.history.moved import Cause, Comparison, Moved, Scope, find_metrics, read_dismissals, read_zone
from warehouse.history.reasons import Setting
from warehouse.history.said import Report, find_report, read_insights_at
from warehouse.metrics.metric import Metric
from warehouse.metrics.weeks import monday_of, week_name, week_of
from warehouse.teams.choice import choose_team

MAX_CAUSES = 20


@dataclass(frozen=True)
class Request:
    """The arguments of `prflow metrics as-of`."""

    day: str
    team: str | None = None
    week: date | None = None
    metric: str | None = None
    repository: str | None = None
    as_json: bool = False


@dataclass(frozen=True)
class Found:
    """A report of a day, and what became of it."""

    report: Report
    week: date
    moved: list[Moved]
    changes: list[Setting]
    insights: pl.DataFrame
    dismissals: pl.DataFrame


def show_as_of(request: Request) -> None:
    """Show what a week said on a day, and pull request by pull request why it says something else now."""
    day, metrics = _parse_day(request.day), _find_metrics(request.metric)
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        found = _read(warehouse, request, day, metrics)
    if request.as_json:
        print_json(_to_json(found), default=str)
    else:
        _draw(Terminal(), found)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"“{text[:40]}” is not a day.", "Write it as 2026-08-15.") from None


def _find_metrics(name: str | None) -> list[Metric]:
    found = find_metrics([name] if name else [])
    if not found:
        raise BadArgument(f"There is no metric {(name or '')[:60]}.", "`prflow metrics list` has the names.")
    return found


def _read(warehouse: Warehouse, request: Request, day: date, metrics: Sequence[Metric]) -> Found:
    team_id = choose_team(warehouse, request.team)
    report, zone = find_report(warehouse, team_id, day, now()), read_zone(warehouse, team_id)
    # By default the last week that was over then.
    start = request.week or monday_of(report.as_of, report.timezone) - timedelta(weeks=1)
    comparison = Comparison(warehouse, report, start, _find_scope(warehouse, team_id, request.repository), zone)
    moved = comparison.compare(metrics)
    if not moved:
        raise BadArgument(
            f"Nothing was said of the week of {start}, and nothing is now.",
            "Name a week of the team's history, for example --week 2026-W32.",
        )
    dismissals = read_dismissals(warehouse, report, week_of(start, zone))
    return Found(report, start, moved, comparison.settings, read_insights_at(warehouse, report), dismissals)


def _find_scope(warehouse: Warehouse, team_id: str, name: str | None) -> Scope:
    if name is None:
        return Scope()
    found = warehouse.read_one(_REPOSITORY, {"team": team_id, "name": name.lower()})
    if found is None:
        raise BadArgument(f"The team has no repository {name[:100]}.", "`prflow repos` lists its repositories.")
    return Scope(str(found["id"]))


def _draw(console: Terminal, found: Found) -> None:
    report = found.report
    console.print(
        f"{report.team_id}, week {week_name(found.week)}, as said on {report.said_at:%Y-%m-%d %H:%M} UTC. "
        f"What was said is kept since {report.kept_since:%Y-%m-%d %H:%M} UTC."
    )
    table = Table("Metric", Column("Then", justify="right"), Column("n", justify="right"), box=None)
    table.add_column("Now", justify="right")
    table.add_column("n", justify="right")
    for one in found.moved:
        then, now_ = _say(one.then), _say(one.now)
        table.add_row(one.metric.name, *then, *(now_ if one.has_moved else ("the same", "")))
    console.print(table)
    for one in found.moved:
        _draw_causes(console, one)
    _draw_lists(console, found)


def _draw_causes(console: Terminal, one: Moved) -> None:
    if not one.causes:
        return
    console.print(f"\n{one.metric.name} {'moved' if one.has_moved else 'is the same, of others'}:")
    for cause in one.causes[:MAX_CAUSES]:
        console.print(f"  {cause.reason}: {one_line(_subject(cause) + cause.words)}")
    if len(one.causes) > MAX_CAUSES:
        console.print(f"  and {len(one.causes) - MAX_CAUSES} more; --json has them all.")


def _draw_lists(console: Terminal, found: Found) -> None:
    if not found.dismissals.is_empty():
        console.print("\nApprovals dismissed since; each counts as an approval until then:")
        for row in found.dismissals.to_dicts():
            name = one_line(row["actor"] or "somebody")
            console.print(f"  {row['pull_request']} by {name} on {row['dismissed_at']:%Y-%m-%d}")
    if found.changes:
        console.print("\nChanged since:")
        for one in found.changes[:MAX_CAUSES]:
            console.print(f"  {one.kind} {one_line(one.words)}")
    console.print("\nInsights of that day:" if not found.insights.is_empty() else "\nThat day there was no insight.")
    for row in found.insights.to_dicts():
        console.print(f"  {one_line(row['title'])}")


def _subject(cause: Cause) -> str:
    return f"{cause.pull_request}: " if cause.pull_request else ""


def _say(row: Row | None) -> tuple[str, str]:
    if row is None:
        return "nothing", ""
    value = "-" if row["value"] is None else f"{row['value']:,.2f}".rstrip("0").rstrip(".")
    marks = ("" if row["is_complete"] else " so far") + (" partial" if row["is_partial"] else "")
    return value + marks, str(row["n"])


def _to_json(found: Found) -> dict[str, object]:
    return {
        **asdict(found.report),
        "week_start": found.week,
        "metrics": [
            {
                "metric": one.metric.name,
                "unit": one.metric.unit,
                "then": one.then,
                "now": one.now,
                "has_moved": one.has_moved,
                "causes": [asdict(cause) for cause in one.causes],
            }
            for one in found.moved
        ],
        "changed_since": [asdict(one) for one in found.changes],
        "dismissed_approvals": found.dismissals.to_dicts(),
        "insights": found.insights.to_dicts(),
    }


_REPOSITORY = """
SELECT id FROM repositories
WHERE team_id = $team AND $name IN (lower(full_name), lower(split_part(full_name, '/', 2)))
"""
