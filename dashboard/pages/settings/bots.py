"""Accounts that count as bots or behave like one: the evidence, and the buttons to confirm or deny."""

import streamlit as st

from dashboard.pages.data_health.bots import say_reason
from dashboard.parts.forms.attempts import attempt
from dashboard.reading import admin_team, format
from dashboard.reading.admin_team import BotDecision
from dashboard.reading.data import Reader
from dashboard.reading.rows import BotAccount, Team, make_row
from warehouse.accounts import Verdict
from warehouse.words import plural

MAX_SHOWN = 30


def draw_bots(team: Team, reader: Reader) -> None:
    """Draw one line per account, those that wait for a decision first."""
    accounts = reader.bots()
    with st.container(border=True, gap="small"):
        st.markdown("**Bots**")
        st.caption("Pull requests of bots can be listed, but no number counts them. Those of coding agents count.")
        if accounts.is_empty():
            st.caption("No account counts as a bot or behaves like one.")
        for row in accounts.head(MAX_SHOWN).iter_rows(named=True):
            _draw_account(team, row)
        if accounts.height > MAX_SHOWN:
            st.caption(f"{accounts.height - MAX_SHOWN:,} more: “prflow bots” lists all.")


def _draw_account(team: Team, row: dict[str, object]) -> None:
    login, account = str(row["login"]), make_row(BotAccount, row)
    with st.container(horizontal=True, vertical_alignment="center"):
        counts = f"{plural(int(str(row['opened'])), 'pull request')}, {plural(int(str(row['reviews'])), 'review')}"
        said = f"counts as a {account.counts_as} · {format.escape(say_reason(account))}"
        st.markdown(f"**{format.escape(login)}** {said} :gray[· {counts}]")
        if not account.is_bot:
            _draw_verdict(team, login, Verdict.BOT, "It is a bot")
        if account.is_bot or row["decided_at"] is None:
            _draw_verdict(team, login, Verdict.HUMAN, "It is a person")
        if row["decided_at"] is not None:
            _draw_verdict(team, login, Verdict.BY_RULES, "Let the rules decide")


def _draw_verdict(team: Team, login: str, verdict: Verdict, label: str) -> None:
    if st.button(label, key=f"bot_{verdict.value}_{login}"):
        decision = BotDecision(login=login, verdict=verdict)
        attempt(lambda: admin_team.decide_on_bot(team.team_id, decision), "Saving ...")
