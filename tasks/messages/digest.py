"""The weekly digest of a team: what changed, which pull requests wait, and whose turn it is."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import quote

import polars as pl

from tasks.messages.letter import Item, Letter, Section
from tasks.messages.settings import MessageSettings
from warehouse.connection import Row, Warehouse
from warehouse.errors import UnknownTeam
from warehouse.guard.untrusted import one_line
from warehouse.insights.words import duration
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import compute_value, select_pull_requests
from warehouse.metrics.precision.changes import MetricChange
from warehouse.metrics.registry import BY_NAME
from warehouse.metrics.weeks import week_of
from warehouse.reads.attention import read_attention
from warehouse.reads.insights import read_insights
from warehouse.reads.overview import read_pull_request_metrics
from warehouse.week.compared import STALE_AFTER, WEEKS, Compared, plan_comparison
from warehouse.week.words import read_week_if_complete
from warehouse.words import percent, plural

METRICS = ("merged_prs", "cycle_time_p50_hours", "first_review_p50_hours", "reviewed_share", "pr_size_p50_lines")
MAX_NAMES = 3
MAX_INSIGHTS = 5


def write_digest(warehouse: Warehouse, team_id: str, week: str, now: datetime, settings: MessageSettings) -> Letter:
    """Return the digest of the week that begins on the Monday `week`; UnknownTeam if there is no such team."""
    team = warehouse.read_one(_TEAM, [team_id])
    if team is None:
        raise UnknownTeam(team_id)
    prs = read_pull_request_metrics(warehouse, team_id)
    start = date.fromisoformat(week)
    compared = plan_comparison(warehouse, team, start, METRICS)
    title = f"In the {WEEKS} weeks to {start + timedelta(days=6):%-d %B}, against the {WEEKS} before"
    sections = (
        Section(title, tuple(_numbers(prs, compared))),
        Section("The week in words", tuple(_words(warehouse, team_id, start))),
        Section("New this week", tuple(_raised(warehouse, team, start, now))),
        Section("No longer true", tuple(_resolved(warehouse, team, start))),
        Section("Waiting, and whose turn it is", tuple(_attention(warehouse, team, now))),
    )
    name = team["login"]
    return Letter(
        f"{name}: the week of {start:%-d %B}",
        tuple(_opening(prs, start, team, compared, now)),
        sections,
        ("Open the dashboard", settings.dashboard_url) if settings.dashboard_url else None,
        f"prflow sends this for {name} every week. `prflow notify list` shows to whom, `prflow notify remove` ends it.",
    )


def _words(warehouse: Warehouse, team_id: str, start: date) -> Iterator[Item]:
    """Yield what the model worded and holds by the numbers of now; the other sections say the rest as it is."""
    week = read_week_if_complete(warehouse, team_id, start)
    for sentence in week.sentences if week and week.model else ():
        yield Item(sentence.text, plural(len(sentence.pull_request_ids), "pull request"))


def _opening(prs: pl.DataFrame, start: date, team: Row, compared: Compared, now: datetime) -> Iterator[str]:
    weeks = [_count(prs, start - timedelta(weeks=back), team) for back in (0, 1)]
    obstacle = compared.find_obstacle(BY_NAME["merged_prs"])
    before = f"; not to be compared: {obstacle}" if obstacle else f", {weeks[1]:,} in the week before"
    yield f"{plural(weeks[0], 'pull request')} merged in the week of {start:%-d %B}{before}."
    synced = team["last_good_at"]
    if synced is None or now - synced > STALE_AFTER:
        when = f"on {synced:%A %-d %B %Y, %H:%M} UTC" if synced else "never"
        yield f"The last good sync ended {when}: what came later is missing here."


def _count(prs: pl.DataFrame, start: date, team: Row) -> int:
    week = week_of(start, team["timezone"])
    return compute_value(
        BY_NAME["merged_prs"], select_pull_requests(BY_NAME["merged_prs"], prs, week.starts_at, week.ends_at)
    ).n


def _numbers(prs: pl.DataFrame, compared: Compared) -> Iterator[Item]:
    for name in METRICS:
        metric = BY_NAME[name]
        sides = compared.select(metric, prs)
        value = compute_value(metric, sides.now)
        if value.is_too_few or value.value is None:
            yield Item(f"{metric.label}: too few pull requests to say", f"n = {value.n:,}")
            continue
        change, obstacle = compared.compare(sides)
        said = _say(change, metric) if change else f"not to be compared: {obstacle}"
        said += "" if metric.name in compared.whole_now else "; some of these weeks are not imported"
        yield Item(f"{metric.label}: {_measure(value.value, metric.unit)}, {said}", f"n = {value.n:,}")


def _say(change: MetricChange, metric: Metric) -> str:
    """Say a change with its interval, or that it may be none."""
    if change.interval is None:
        return _signed(change.by, metric)
    low, high = (_signed(each, metric) for each in (change.interval.low, change.interval.high))
    if change.is_noise:
        return f"no change that is more than noise (95 %: {low} to {high})"
    return f"{_signed(change.by, metric)} (95 %: {low} to {high})"


def _signed(by: float, metric: Metric) -> str:
    unit = "points" if metric.flag is not None else "%"
    return f"{'+' if by >= 0 else '−'}{abs(by) * 100:.0f} {unit}"


def _measure(value: float, unit: str) -> str:
    match unit:
        case "hours":
            return duration(value)
        case "share":
            return percent(value)
        case "lines":
            return f"{value:,.0f} lines"
        case _:
            return f"{value:,.0f}"


def _raised(warehouse: Warehouse, team: Row, start: date, now: datetime) -> Iterator[Item]:
    """Yield what was first found since the week began and is not dismissed, the most important first."""
    # Up to now: what the sync of this Monday found is what last week showed.
    since = week_of(start, team["timezone"]).starts_at
    shown = read_insights(warehouse, team["team_id"], now.date()).filter(pl.col("first_seen_at") >= since)
    for title, detail in shown.head(MAX_INSIGHTS).select("title", "detail").iter_rows():
        yield Item(title, detail)


def _resolved(warehouse: Warehouse, team: Row, start: date) -> Iterator[Item]:
    since = week_of(start, team["timezone"]).starts_at
    for row in warehouse.read(_RESOLVED, [team["team_id"], since, MAX_INSIGHTS]).to_dicts():
        yield Item(row["title"], "")


def _attention(warehouse: Warehouse, team: Row, now: datetime) -> Iterator[Item]:
    for row in read_attention(warehouse, team["team_id"], now).to_dicts():
        waits = duration((now - row["turn_since"]).total_seconds() / 3600)
        whose = ", ".join((row["whose"] or ["anyone"])[:MAX_NAMES])
        url = _url(team["web_url"], row["full_name"], row["number"])
        which = f"{row['full_name']}#{row['number']} {one_line(row['title'], 120)}"
        yield Item(which, f"{whose}: {row['todo']}, waits for {waits}", url)


def _url(web_url: str | None, full_name: str, number: int) -> str:
    """Return the address of a pull request, made of what is known of it; no title can change it."""
    base = web_url or "https://github.com"
    return f"{base.rstrip('/')}/{quote(full_name)}/pull/{number:d}" if base.startswith(("https://", "http://")) else ""


_TEAM = """
SELECT t.team_id, coalesce(t.login, t.team_id) AS login, coalesce(t.timezone, 'UTC') AS timezone, t.web_url,
       (SELECT CASE WHEN count(*) = count(history_from) THEN max(history_from) END
        FROM repositories r WHERE r.team_id = t.team_id AND r.is_followed) AS history_from,
       (SELECT max(ended_at) FROM pipeline_runs r WHERE r.team_id = t.team_id AND r.state IN ('completed', 'partial'))
           AS last_good_at
FROM teams t WHERE t.team_id = ?
"""
_RESOLVED = "SELECT title FROM insights WHERE team_id = ? AND resolved_at >= ? ORDER BY rank, id LIMIT ?"
