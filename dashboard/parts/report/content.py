"""What a report says: the cards, findings, weeks and waiting pull requests of the Overview, from the same functions."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from dashboard.parts import cards, metric_cards, weeks
from dashboard.parts.charts import PHASE_TITLES
from dashboard.parts.charts.phase_weeks import compute_phases
from dashboard.parts.report import svg
from dashboard.parts.report.report import Chart, Report, Table
from dashboard.parts.tables import STAGES
from dashboard.reading import format
from dashboard.reading.rows import Insight, make_rows
from dashboard.shell.context import Context
from warehouse.metrics.phases import PHASES
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.week.words import read_week_if_complete

CHARTS = {
    "Opened and merged": ("opened_prs", "merged_prs"),
    "Cycle time and first review": ("cycle_time_p50_hours", "first_review_p50_hours"),
}
MAX_INSIGHTS = 3
MAX_WAITING = 25


def make_report(page: Context) -> Report:
    """Make the report of a page's team, period and filters."""
    made = [card for card, _ in metric_cards.make_cards(page, cards.OVERVIEW)]
    insights = make_rows(Insight, page.reader.insights())[:MAX_INSIGHTS]
    week = page.reader.read(read_week_if_complete)
    return Report(
        team=page.team.login or page.team_id,
        period=say_period(page),
        as_of=format.timestamp(page.filters.end),
        is_simulated=bool(page.team.is_simulated),
        cards=tuple(made),
        definitions=tuple((BY_NAME[card.metric].title, BY_NAME[card.metric].definition) for card in made),
        findings=tuple(insight.title for insight in insights),
        week=tuple(sentence.text for sentence in week.sentences) if week else (),
        charts=(*(_draw_weeks(page, title, names) for title, names in CHARTS.items()), _draw_phases(page)),
        waiting=_list_waiting(page),
    )


def say_period(page: Context) -> str:
    """Say which days it counts, and which filters."""
    days = f"{page.filters.start:%-d %b %Y} to {page.filters.end:%-d %b %Y}"
    return f"{days} · {page.filters.summary}"


def _draw_weeks(page: Context, title: str, names: Sequence[str]) -> Chart:
    metrics = [BY_NAME[name] for name in names]
    weekly = weeks.read(page, names)
    rows = []
    for start in weeks.starts(weekly):
        of_week = weekly.filter(pl.col("week_start") == start)
        cells = []
        for metric in metrics:
            value, n = of_week.filter(pl.col("metric") == metric.name).select("value", "n").row(0)
            cells += [format.measure(value, metric.unit), f"{n or 0:,}"]
        rows.append((_say_week(start, is_complete=bool(of_week["is_complete"][0])), *cells))
    header = ("Week of", *(text for metric in metrics for text in (metric.label, "n")))
    return Chart(title, svg.draw_lines(weekly, metrics), Table(header, tuple(rows)))


def _draw_phases(page: Context) -> Chart:
    by_week = compute_phases(page)
    rows = []
    for row in by_week.iter_rows(named=True):
        shares = (row[f"{phase}_share"] for phase in PHASES)
        cells = [format.MISSING if share is None else f"{share:.0f} %" for share in shares]
        rows.append((_say_week(row["week_start"], is_complete=row["is_complete"]), *cells, f"{row['n']:,}"))
    header = ("Week of", *(PHASE_TITLES[phase] for phase in PHASES), "n")
    return Chart("Where the time goes, as shares of all hours", svg.draw_shares(by_week), Table(header, tuple(rows)))


def _say_week(start: object, *, is_complete: bool) -> str:
    return f"{start:%-d %b %Y}" + ("" if is_complete else " (not complete)")


def _list_waiting(page: Context) -> Table:
    query = PullRequestQuery(
        repository_ids=page.filters.repository_ids,
        include_bots=page.filters.include_bots,
        ai=page.filters.ai,
        limit=MAX_WAITING,
    )
    rows = []
    for row in page.reader.waiting(query).iter_rows(named=True):
        since = row["ready_at"] or row["created_at"]
        hours = max(0.0, (page.filters.end - since) / timedelta(hours=1))
        stage = STAGES[0] if row["first_review_at"] is None else STAGES[1]
        place = f"{row['full_name']}#{row['number']}"
        title, author = format.plain(row["title"], 200), format.plain(row["author_login"], 60)
        rows.append((place, title, author, stage, format.hours(hours)))
    return Table(("Pull request", "Title", "Author", "Stage", "Waits"), tuple(rows))
