"""The pull requests behind an insight, in the address: `?insight=ID`, and with `side` those of one of its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.reading.rows import StoredInsight, make_rows
from dashboard.shell import filters, navigation
from dashboard.shell.context import Context
from warehouse.insights.counted import select_counted
from warehouse.insights.evidence import gather_evidence
from warehouse.metrics.facts import KEY
from warehouse.metrics.registry import BY_NAME

PARAMETERS = ("insight", "side")
NAMED, RECENT, BEFORE = "named", "recent", "before"
SIDES = {NAMED: "named in it", RECENT: "in its recent weeks", BEFORE: "in the weeks before them"}
WEEKLY = ("cycle_time_p50_hours", "open_prs")
"""The metrics whose weekly values tell which weeks are complete, as the detectors ask."""


@dataclass(frozen=True)
class BehindInsight:
    """An insight, and which of its pull requests: those it names, or those that its numbers count."""

    insight: StoredInsight
    side: str = NAMED

    @property
    def parameters(self) -> dict[str, str]:
        """Return it as parameters of the address."""
        return {"insight": self.insight.id, "side": self.side}

    def ids(self, page: Context) -> tuple[str, ...]:
        """Return the pull requests, each once, as far as they are still stored."""
        if self.side == NAMED:
            stored = set(page.reader.pull_request_metrics()[KEY])
            return tuple(name for name in self.insight.pull_request_ids or () if name in stored)
        return self._counted(page)

    def _counted(self, page: Context) -> tuple[str, ...]:
        metric = BY_NAME.get(self.insight.metric or "")
        if metric is None:
            return ()
        reader = page.reader
        evidence = gather_evidence(
            reader.team_id,
            page.team.timezone or "UTC",
            reader.repositories(),
            reader.pull_request_metrics(),
            reader.weekly_metrics(WEEKLY),
            self.insight.as_of,
        )
        is_recent = self.side == RECENT
        return tuple(select_counted(evidence, metric, self.insight.scope_id, is_recent=is_recent)[KEY])

    def open(self, page: Context) -> None:
        """Switch to the list of these pull requests."""
        filters.forget_undrawn(page.takes)
        st.switch_page(navigation.page(navigation.PULL_REQUESTS), query_params=self.parameters)


def read(page: Context, parameters: Mapping[str, str]) -> BehindInsight | None:
    """Read it from the address; None if there is none, or no such insight or side."""
    asked, side = parameters.get("insight", ""), parameters.get("side", "") or NAMED
    found = [one for one in make_rows(StoredInsight, page.reader.all_insights()) if one.id == asked]
    return BehindInsight(found[0], side) if found and side in SIDES else None
