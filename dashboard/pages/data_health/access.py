"""The panel of Data health about access to GitHub: whose the tokens are, what is left, what is about to end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from dashboard.reading import clock, format
from dashboard.shell.context import Context
from warehouse.sources import TOKEN_EXPIRY_WARNING


def draw_access(page: Context) -> None:
    """One line per token of the last sync; nothing before the first."""
    rows = page.reader.github_tokens()
    if rows.is_empty():
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Access to GitHub**")
        st.caption("the tokens of the last sync, by their places; times in UTC")
        for row in rows.iter_rows(named=True):
            if warning := describe_fault(row, clock.now()):
                st.warning(format.escape(warning), icon=":material/key:")
        st.dataframe(
            _token_rows(rows),
            hide_index=True,
            height="auto",
            column_config={
                "Ends": st.column_config.DatetimeColumn(format="DD MMM YYYY, HH:mm"),
                "Points left": st.column_config.NumberColumn(format="localized", help="When it was last asked with"),
                "of": st.column_config.NumberColumn(format="localized", help="Points an hour"),
            },
            placeholder=format.MISSING,
            alt="Tokens for GitHub, never their values",
        )


def describe_fault(row: Mapping[str, Any], now: datetime) -> str | None:
    """What a person should see to; None where nothing is wrong with the token of this row."""
    name, ends = _capital(row["name"]), row["expires_at"]
    if row["problem"]:
        return f"{name} is not used: {row['problem']}"
    if ends is None or ends - now > TOKEN_EXPIRY_WARNING:
        return None
    if ends <= now:
        return f"{name} expired on {format.moment(ends)}: make a new one."
    return f"{name} expires on {format.moment(ends)}: make a new one in time."


def _token_rows(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Token": [format.cell(_capital(name)) for name in rows["name"]],
            "Of": [format.cell(login) or None for login in rows["login"]],
            "Kind": [format.cell(kind) for kind in rows["kind"]],
            "Scopes": [format.cell(scopes) or None for scopes in rows["scopes"]],
            "Ends": rows["expires_at"],
            "Points left": rows["points_remaining"],
            "of": rows["points_limit"],
        },
        schema_overrides={"Of": pl.String, "Scopes": pl.String},
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
