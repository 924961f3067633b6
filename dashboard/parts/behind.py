"""The pull requests behind a number: what it is in the address, and which they are.

`?metric=NAME`, with `week` (a Monday) for one week instead of the period, `in` (a repository's id) for one repository,
`of` (a GitHub team's id) for its people, and `part` for a part of them: `yes` or `no` for a share, `LOW..HIGH` for
values of the metric's column, low included, `COLUMN=VALUE` (several between `|`, `-` if it is not known), or those of
`parts_of_ai`. Whatever shows a number makes it with `Behind`, so that number and list are equal.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboard.parts import github_teams, parts_of_ai
from dashboard.parts.samples import rows_of
from dashboard.reading import format
from dashboard.shell import filters, navigation
from dashboard.shell.context import Context
from warehouse.metrics.facts import KEY
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.registry import BY_NAME
from warehouse.questions.shown import is_shown

PARAMETERS = ("metric", "week", "in", "part", "of")
MANY, NOT_KNOWN = "|", "-"
# Columns of `read_analysis_facts`, which are joined to the rows if a part names one.
BY_ANALYSIS = frozenset({"analysis_status", "work_type_source", "risk", "confidence"})
# Columns that a part may name, by source; a reviewer only if the team allows numbers per person.
PARTS_BY_VALUE = {
    "pull_requests": BY_ANALYSIS | {"work_type", "investment", "ai_level", "state", "issue_type", "epic_key"},
    "open_pull_requests": frozenset({"work_type", "investment", "ai_level"}),
    "reviews": frozenset({"reviewer_id"}),
}
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)?\Z")
_DAY = timedelta(microseconds=1)


SORT_OF = {"cycle_time_hours": "cycle_time", "first_review_hours": "first_review", "size_lines": "size"}
"""How the list behind a number is sorted, by the column of its metric: the largest first, which it is about."""


@dataclass(frozen=True)
class Behind:
    """One number: its metric, its week (else the page's period), its repository (else those of the page), its part.

    With a `github_team_id` it counts what that team's people did.
    """

    metric: Metric
    week: date | None = None
    repository_id: str = ""
    part: str = ""
    github_team_id: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """Return it as parameters of the address."""
        week = self.week.isoformat() if self.week else ""
        texts = (self.metric.name, week, self.repository_id, self.part, self.github_team_id)
        values = zip(PARAMETERS, texts, strict=True)
        return {name: value for name, value in values if value}

    def days(self, page: Context) -> tuple[datetime, datetime]:
        """Return the days `[start, end)` that it counts."""
        bounds = page.week_bounds(self.week) if self.week else None
        return (bounds[0], min(bounds[1], page.filters.end)) if bounds else (page.filters.start, page.filters.end)

    def select(self, page: Context) -> pl.DataFrame:
        """Select the rows that it counts: pull requests, or reviews for a metric of reviews."""
        start, end = self.days(page)
        rows = rows_of(replace(page, github_team_id=self.github_team_id or page.github_team_id), self.metric)
        if self.repository_id:
            rows = rows.filter(pl.col("repository_id") == self.repository_id)
        found = select_pull_requests(self.metric, rows, start, end)
        condition = _part_of(self.metric, self.part)
        if condition is None:
            return found
        return add_analysis(page, found, self.part.partition("=")[0]).filter(condition)

    def ids(self, page: Context) -> tuple[str, ...]:
        """Return the pull requests that it counts, each once."""
        return tuple(self.select(page)[KEY].unique(maintain_order=True))

    def open(self, page: Context) -> None:
        """Switch to the list of these pull requests."""
        filters.forget_undrawn(page.takes)
        order = SORT_OF.get(self.metric.column or "")
        asked = self.parameters | ({"sort": order} if order else {})
        # The filters are bound to the address and stay in it by themselves.
        st.switch_page(navigation.page(navigation.PULL_REQUESTS), query_params=asked)


def read(page: Context, parameters: Mapping[str, str]) -> Behind | None:
    """Read it from the address; None if there is none, or no such metric, week, repository, part or GitHub team."""
    metric = BY_NAME.get(parameters.get("metric", ""))
    metric = metric if metric is not None and is_shown(metric) else None
    week = _read_week(page, parameters.get("week", ""))
    repository_id, part = parameters.get("in", ""), parameters.get("part", "")
    repositories = page.reader.repositories()["id"]
    if metric is None or (repository_id and repository_id not in repositories):
        return None
    if week is None and parameters.get("week"):
        return None  # another number than the one that was asked for
    names_person = part.startswith("reviewer_id=")
    if part and (_part_of(metric, part) is None or (names_person and not page.team.has_people_views)):
        return None
    github_team_id = parameters.get("of", "")
    if github_team_id and github_team_id not in github_teams.list_shown(page)["id"]:
        return None
    return Behind(metric, week, repository_id, part, github_team_id)


def _read_week(page: Context, text: str) -> date | None:
    try:
        week = date.fromisoformat(text)
    except ValueError:
        return None
    return week if page.week_bounds(week) else None


def _part_of(metric: Metric, part: str) -> pl.Expr | None:
    """Return the condition of a part; None if it has none, or the metric no such part."""
    if part in {"yes", "no"} and metric.flag is not None:
        return metric.flag if part == "yes" else ~metric.flag
    if (found := _RANGE.match(part)) and metric.column:
        column, low, high = pl.col(metric.column), float(found[1]), found[2]
        return (column >= low) & (column < float(high)) if high else column >= low
    name, separator, value = part.partition("=")
    if separator and name in parts_of_ai.NAMES and metric.source != "reviews":
        return parts_of_ai.condition_of(part)
    if not separator or name not in PARTS_BY_VALUE[metric.source]:
        return None
    column, values = pl.col(name), value.split(MANY)
    is_one = column.is_in([one for one in values if one != NOT_KNOWN]).fill_null(value=False)
    return is_one | column.is_null() if NOT_KNOWN in values else is_one


def add_analysis(page: Context, rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Add what rules and model said of each row, if `column` is theirs."""
    if column in parts_of_ai.EVIDENCE:
        return parts_of_ai.add_evidence(page, rows)
    if column not in BY_ANALYSIS:
        return rows
    return rows.join(page.reader.analysis_facts().select(KEY, column), on=KEY, how="left")


def say_where(page: Context, behind: Behind) -> str:
    """Say which number it is, with its first and last day: plain text that includes the repository's name."""
    start, end = behind.days(page)
    zone = ZoneInfo(page.team.timezone or "UTC")
    first, last = (f"{at.astimezone(zone):%-d %b %Y}" for at in (start, end - _DAY))
    names = dict(page.reader.repositories().select("id", "name").iter_rows())
    is_open = behind.metric.source == "open_pull_requests"
    days = f"at the end of {last}" if is_open else f"{first} to {last}"
    of = github_teams.name_of(page, behind.github_team_id) if behind.github_team_id else ""
    parts = [days, names.get(behind.repository_id, ""), of, _say_part(page, behind)]
    return ", ".join(part for part in parts if part)


def _say_part(page: Context, behind: Behind) -> str:
    metric, part = behind.metric, behind.part
    if part in {"", "yes"}:
        return ""
    if part == "no":
        return "those that are not"
    if found := _RANGE.match(part):
        low = format.measure(float(found[1]), metric.unit)
        return f"{low} to {format.measure(float(found[2]), metric.unit)}" if found[2] else f"{low} or more"
    name, _, value = part.partition("=")
    if name == "reviewer_id":
        logins = behind.select(page)["reviewer_login"].head(1).to_list()
        return f"by {logins[0]}" if logins else "by nobody"
    if name in parts_of_ai.NAMES:
        return parts_of_ai.say_part(part)
    values = ("not known" if one == NOT_KNOWN else one.replace("_", " ") for one in value.split(MANY))
    return f"{name.replace('_', ' ')}: {', '.join(values)}"


def chosen_point(chosen: object) -> tuple[int, int] | None:
    """Return the series and the place of the point that was clicked in a chart; None if none is selected."""
    groups = getattr(getattr(chosen, "selection", None), "selected", None) or []
    points = [(int(group["series_index"]), place) for group in groups for place in group["data_indices"]]
    return points[0] if points else None


def follow(page: Context, chosen: object, behind: Sequence[Sequence[Behind | None]]) -> None:
    """Switch to the pull requests behind the point that was clicked; `behind` has one list per series."""
    point = chosen_point(chosen)
    if point is None or point[0] >= len(behind) or point[1] >= len(behind[point[0]]):
        return
    found = behind[point[0]][point[1]]
    if found is not None:
        found.open(page)


@dataclass(frozen=True)
class Group:
    """One row: its name, the page narrowed to it, and the repository or the GitHub team that its number is behind."""

    name: str
    page: Context
    repository_id: str = ""
    github_team_id: str = ""

    def behind(self, metric: Metric) -> Behind:
        """Return what its number of the metric is, in the address of the whole page."""
        return Behind(metric, repository_id=self.repository_id, github_team_id=self.github_team_id)


def narrow(page: Context, repository_id: str) -> Context:
    """Return the page as it would be with the filter on one repository."""
    filters = replace(page.filters, repository_ids=(repository_id,))
    # Divided once for all repositories and reruns: a filter for each took most of a page at 100,000 pull requests.
    parts = page.remember("prs by repository", lambda: page.prs.partition_by("repository_id", as_dict=True))
    return replace(page, filters=filters, prs=parts.get((repository_id,), page.prs.clear()))
