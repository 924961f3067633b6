"""The organisations of this warehouse side by side; a click leads to the pull requests of that organisation."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import streamlit as st

from dashboard.pages.teams.choice import chosen
from dashboard.parts import groups
from dashboard.parts.behind import Group
from dashboard.reading import data, format
from dashboard.reading.data import Reader
from dashboard.reading.rows import Team
from dashboard.shell import context, filters, navigation
from dashboard.shell.context import Context
from dashboard.shell.filters import PERIODS, Filters
from warehouse.metrics.metric import Metric

KEY = "organisations"
PENDING = "organisation_pending"


def has_several(page: Context) -> bool:
    """Return True if there is another organisation to compare with."""
    return len(data.teams(page.reader.at)) > 1


def draw_organisations(page: Context) -> None:
    """Draw one row per organisation whose numbers are computed; the others are named below."""
    if pending := st.session_state.pop(PENDING, None):
        filters.forget_undrawn(page.takes)
        st.switch_page(navigation.page(navigation.PULL_REQUESTS), query_params=pending)
    found, missing = list_organisations(page)
    metric = chosen()
    rows = groups.make_rows(found, metric, "Organisation")
    turn = st.session_state.setdefault(f"{KEY}_turn", 0)
    key = f"{KEY}_{metric.name}_{turn}"
    order = [found[place] for place in rows["place"]]
    groups.draw_rows(rows, metric, "Organisation", key, _opener(order, metric, key))
    if missing:
        st.caption(f"No numbers yet: {format.escape(', '.join(missing), 400)}.")


def list_organisations(page: Context) -> tuple[list[Group], list[str]]:
    """Return the organisations with numbers, each as of its own last computation, and the names of those without."""
    found: list[Group] = []
    missing: list[str] = []
    for team in data.teams(page.reader.at):
        name = team.login or team.team_id
        reader = Reader(team.team_id, page.reader.at)
        if team.team_id == page.team_id:
            found.append(Group(format.cell(name, 80), page))
        elif reader.pull_request_metrics().is_empty():
            missing.append(name)
        else:
            found.append(Group(format.cell(name, 80), context.make(team, reader, _filters_of(page, reader, team))))
    return found, missing


def _filters_of(page: Context, reader: Reader, team: Team) -> Filters:
    """Return the filters of the page for another organisation: the same length, up to its own last computation."""
    end = context.as_of(reader, team)
    return Filters(
        period=page.filters.period,
        start=end - timedelta(days=PERIODS[page.filters.period]),
        end=end,
        include_bots=page.filters.include_bots,
        ai=page.filters.ai,
    )


def _opener(groups_in_order: Sequence[Group], metric: Metric, key: str) -> Callable[[], None]:
    """Return what a click does: it chooses the organisation first, as its pull requests are on its own pages."""

    def choose_and_open() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and cells[0][0] < len(groups_in_order):
            group = groups_in_order[cells[0][0]]
            st.session_state["team"] = group.page.team_id
            st.session_state[PENDING] = group.behind(metric).parameters
            st.session_state[f"{KEY}_turn"] += 1

    return choose_and_open
