"""What every page starts from: the team, the reads at one snapshot, the filters, the numbers behind them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from dashboard.first_run.view import View
from dashboard.reading import clock
from dashboard.reading.data import Reader
from dashboard.shell.filters import Filters, cut, select

KEY = "page_context"


@dataclass(frozen=True)
class Context:
    """`prs` are the rows of `pull_request_metrics` that the filters keep, of all times.

    `covered_from` is the moment from which everything was fetched; None where that is not known.
    """

    team: dict[str, Any]
    reader: Reader
    filters: Filters
    prs: pl.DataFrame
    view: View
    covered_from: datetime | None

    @property
    def team_id(self) -> str:
        return self.reader.team_id

    @property
    def web_url(self) -> str | None:
        """Where people open GitHub."""
        url: str | None = self.team["web_url"]
        return url


def put(team: dict[str, Any], reader: Reader, filters: Filters, view: View) -> None:
    """Hands the context of this run to the page that it ends in."""
    covered_from = _covered_from(reader, filters)
    prs = select(reader.pull_request_metrics(), filters)
    st.session_state[KEY] = Context(team, reader, cut(filters, covered_from), prs, view, covered_from)


def get() -> Context:
    """The context of this run."""
    context: Context = st.session_state[KEY]
    return context


def as_of(reader: Reader, team: dict[str, Any]) -> datetime:
    """The moment as of which the numbers were computed; before that the team's anchor, else now.

    Periods end here and not at the clock's time, so that a page and its numbers mean the same days.
    """
    newest: datetime | None = reader.pull_request_metrics()["as_of"].max()  # type: ignore[assignment]
    return newest or team["as_of"] or clock.now()


def _covered_from(reader: Reader, filters: Filters) -> datetime | None:
    """From when on every selected repository is complete: the newest `history_from` of them."""
    coverage = reader.repositories()
    if filters.repository_ids:
        coverage = coverage.filter(pl.col("id").is_in(list(filters.repository_ids)))
    starts = coverage["history_from"]
    if not starts.len() or starts.null_count():
        return None
    newest: datetime = starts.max()  # type: ignore[assignment]
    return newest
