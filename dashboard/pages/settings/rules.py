"""What counts as merged and what is left out: the team's rules, each change with what it would move."""

import polars as pl
import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.parts.forms.attempts import attempt, draw_problem
from dashboard.reading import admin_team, format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, Problem
from dashboard.reading.admin_team import MovedPullRequest, Rules, RulesPreview
from dashboard.reading.data import Reader
from dashboard.reading.rows import Team
from warehouse.metrics.outcomes.team_rules import MEANINGS, Rule
from warehouse.questions.shown import shown_rules
from warehouse.teams.settings import read_settings
from warehouse.words import plural

ASKED = "settings_rules_asked"


def draw_rules(team: Team, reader: Reader) -> None:
    """Draw the rules there are, the form for another one, and the preview that was asked for."""
    with st.container(border=True):
        st.markdown("**What counts, and what is left out**")
        st.caption("A change is shown first, over all that is stored, and kept only if you say so.")
        _draw_stored(reader.read(read_settings))
        _draw_form()
        if (asked := st.session_state.get(ASKED)) is not None:
            _draw_preview(team, asked)


def _draw_stored(stored: pl.DataFrame) -> None:
    if stored.is_empty():
        st.caption("There are no rules: every pull request counts as GitHub has it.")
    for name, value, _ in stored.iter_rows():
        with st.container(horizontal=True, vertical_alignment="center"):
            meaning = MEANINGS[Rule(name)] if name in set(Rule) else ""
            st.markdown(f"**{format.escape(name)}** = {format.escape(value)} :gray[{format.escape(meaning)}]")
            if st.button("Remove ...", key=f"rule_{name}={value}"):
                st.session_state[ASKED] = Rules(removed=[f"{name}={value}"])


def _draw_form() -> None:
    with st.form("rule", border=False):
        kind = st.selectbox(
            "Add a rule",
            [rule.value for rule in shown_rules()],
            index=shown_rules().index(Rule.EXCLUDE_LABEL),
            format_func=lambda name: f"{name}: {MEANINGS[Rule(name)]}",
            key="settings_rule_kind",
        )
        value = st.text_input("Value", key="settings_rule_value", placeholder="* stands for anything", max_chars=200)
        is_sent = st.form_submit_button("See what it moves", icon=":material/preview:")
    if is_sent and value.strip():
        st.session_state[ASKED] = Rules(added=[f"{kind}={value.strip()}"])


def _draw_preview(team: Team, asked: Rules) -> None:
    try:
        with st.spinner("Computing the numbers before and after ..."):
            preview = admin_team.change_rules(team.team_id, asked)
    except (AdminRefused, AdminUnavailable) as error:
        draw_problem(Problem(message=str(error), hint=error.hint))
        return
    change = " and ".join([*(f"add {text}" for text in asked.added), *(f"remove {text}" for text in asked.removed)])
    st.markdown(
        f"To {format.escape(change)}: **{plural(preview.moved_count, 'pull request')}** would count differently."
    )
    _draw_values(preview)
    if preview.moved:
        st.dataframe(_moved_rows(preview.moved), hide_index=True, height="auto", alt="Pull requests that it moves")
    with st.container(horizontal=True):
        if st.button("Keep it", type=main_type(), icon=":material/save:", key="rule_save"):
            del st.session_state[ASKED]
            kept = asked.model_copy(update={"save": True})
            attempt(lambda: admin_team.change_rules(team.team_id, kept), "Saving ...")
        if st.button("Leave it", key="rule_drop"):
            del st.session_state[ASKED]
            st.rerun()


def _draw_values(preview: RulesPreview) -> None:
    rows = {
        "Of all that is stored": [each.title for each in preview.values],
        "Now": [format.measure(each.before, each.unit) for each in preview.values],
        "Then": [format.measure(each.after, each.unit) for each in preview.values],
    }
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="auto", alt="The metrics now and then")


def _moved_rows(moved: list[MovedPullRequest]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Pull request": [f"{format.cell(each.full_name)}#{each.number}" for each in moved],
            "Title": [format.cell(each.title) for each in moved],
            "Now": [_say_state(each.state_before, each.excluded_before) for each in moved],
            "Then": [_say_state(each.state_after, each.excluded_after) for each in moved],
        }
    )


def _say_state(state: str | None, excluded_by: str | None) -> str:
    return format.cell(f"left out ({excluded_by})" if excluded_by else (state or "").lower())
