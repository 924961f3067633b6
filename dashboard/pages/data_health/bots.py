"""The panel of accounts that the metrics leave out as bots, and of those proposed as bots."""

import polars as pl
import streamlit as st

from dashboard.reading import format
from dashboard.reading.rows import BotAccount, make_rows
from dashboard.shell.context import Context
from warehouse.words import percent

REASONS = {
    "type": "GitHub's account type",
    "login": "login ends in [bot]",
    "list": "on the list of known bots",
    "behaviour": "behaves like a bot, confirmed by a person",
    "person": "decided by a person",
}


def draw_bots(page: Context) -> None:
    """Draw one row per account, with the reason."""
    rows = page.reader.bots()
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown("**Bots**")
        st.caption(
            "stored, and listed if “Include bots” is on; numbers count pull requests of people and coding agents"
        )
        if rows.is_empty():
            st.caption("No account was recognised as a bot.")
            return
        accounts = make_rows(BotAccount, rows)
        st.dataframe(
            pl.DataFrame(
                {
                    "Account": [format.cell(login) for login in rows["login"]],
                    "Counts as": [account.counts_as for account in accounts],
                    "Reason": [say_reason(account) for account in accounts],
                    "Opened": rows["opened"],
                    "Reviews": rows["reviews"],
                },
                schema_overrides={"Reason": pl.String},
            ),
            hide_index=True,
            height="content",
            alt="Accounts recognised as bots or proposed as bots",
        )
        if not rows["is_bot"].all():
            st.caption(
                "Proposed accounts count as humans until you decide, in Settings "
                "or with “prflow bots --bot LOGIN” and “prflow bots --human LOGIN”."
            )


def say_reason(account: BotAccount) -> str:
    """Say why the account counts as a bot, or as a person."""
    if account.is_bot:
        return REASONS.get(account.bot_reason or "", str(account.bot_reason))
    if account.bot_evidence is not None:
        return f"proposed: {account.bot_evidence}"
    share = account.quick_answers_share
    if share is None:
        return "human, decided by a person"
    return f"proposed: {percent(share)} of its responses came within a minute"
