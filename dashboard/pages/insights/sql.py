"""The statement that shows an insight, for the page Ask the data."""

import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What
from dashboard.reading import person
from dashboard.reading.rows import StoredInsight
from dashboard.reading.settings import DashboardSettings
from dashboard.shell import navigation
from warehouse.home.attaching import quoted

WEEKS = """
SELECT week_start, value, n, is_complete, is_partial
FROM weekly_metrics
WHERE scope_id = '{scope_id}' AND scope = '{scope}' AND metric = '{metric}'
ORDER BY week_start"""
NAMED = """
SELECT r.full_name, p.number, p.title, m.ready_at, m.first_review_at, m.cycle_time_hours
FROM insights i
JOIN pull_request_metrics m ON m.team_id = i.team_id AND list_contains(i.pull_request_ids, m.pull_request_id)
JOIN pull_requests p ON p.id = m.pull_request_id
JOIN repositories r ON r.id = m.repository_id
WHERE i.id = '{id}'
ORDER BY m.ready_at"""


def statement_of(one: StoredInsight) -> str:
    """Return the weeks of its metric, or the pull requests that it names if it is about none."""
    values = {"scope": one.scope, "scope_id": one.scope_id, "metric": one.metric or "", "id": one.id}
    template = WEEKS if one.metric else NAMED
    return template.strip().format(**{name: quoted(value) for name, value in values.items()})


def draw_sql(one: StoredInsight) -> None:
    """Draw the statement, and the button that runs it where the page of statements is open."""
    with st.expander("The SQL that shows it", icon=":material/database:"):
        st.code(statement_of(one), language="sql")
        has_sql = DashboardSettings().has_sql and person.is_allowed(What.SQL, EVERY_TEAM)
        if has_sql and st.button("Run it", key=f"sql_{one.id}", type="tertiary", icon=":material/play_arrow:"):
            st.switch_page(navigation.page(navigation.ASK), query_params={"sql": statement_of(one)})
