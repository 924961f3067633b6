"""The panel about access to GitHub: whose the tokens are, what is left of their rate limits, which expire soon."""

from datetime import datetime

import polars as pl
import streamlit as st

from dashboard.reading import clock, format
from dashboard.reading.rows import GitHubToken, make_rows
from dashboard.shell.context import Context
from warehouse.sources import TOKEN_EXPIRY_WARNING


def draw_access(page: Context) -> None:
    """Draw one row per token of the last sync; nothing before the first sync."""
    rows = page.reader.github_tokens()
    if rows.is_empty():
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Access to GitHub**")
        st.caption("the tokens given to the last sync, in their order; times in UTC")
        for token in make_rows(GitHubToken, rows):
            if warning := describe_problem(token, clock.now()):
                st.warning(format.escape(warning), icon=":material/key:")
        st.dataframe(
            _token_rows(rows),
            hide_index=True,
            height="auto",
            column_config={
                "Expires": st.column_config.DatetimeColumn(format="DD MMM YYYY, HH:mm"),
                "Points left": st.column_config.NumberColumn(
                    format="localized", help="Left of GitHub's rate limit after the last request"
                ),
                "Points an hour": st.column_config.NumberColumn(format="localized", help="GitHub's rate limit"),
            },
            placeholder=format.MISSING,
            alt="Tokens for GitHub, without their values",
        )


def describe_problem(token: GitHubToken, now: datetime) -> str | None:
    """Say what a person should see to; None if nothing is wrong with the token."""
    name, expires_at = _capitalised(token.name), token.expires_at
    if token.problem:
        return f"{name} is not used: {token.problem}"
    if expires_at is None or expires_at - now > TOKEN_EXPIRY_WARNING:
        return None
    if expires_at <= now:
        return f"{name} expired on {format.timestamp(expires_at)}. Create a new one."
    return f"{name} expires on {format.timestamp(expires_at)}. Create a new one before then."


def _token_rows(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Token": [format.cell(_capitalised(name)) for name in rows["name"]],
            "Account": [format.cell(login) or None for login in rows["login"]],
            "Kind": [format.cell(kind) for kind in rows["kind"]],
            "Scopes": [format.cell(scopes) or None for scopes in rows["scopes"]],
            "Expires": rows["expires_at"],
            "Points left": rows["points_remaining"],
            "Points an hour": rows["points_limit"],
        },
        schema_overrides={"Account": pl.String, "Scopes": pl.String},
    )


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
