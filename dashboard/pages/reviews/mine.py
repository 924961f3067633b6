"""What waits for one person: whom the login names on GitHub, or whom they choose."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboard.reading import person
from dashboard.shell.address import accept, draw_unknown, say_unknown
from dashboard.shell.context import Context
from warehouse.metrics.life.turns import Turn
from warehouse.reads.reviews import read_slugs_of

KEY = "me"


def choose_me(rows: pl.DataFrame) -> str:
    """Draw the choice of a GitHub login among those that something waits for; return it, "" if none is chosen.

    Somebody whose login names them on GitHub need not choose.
    """
    logins = list_logins(rows)
    named = {login.casefold(): login for login in logins}
    claimed = person.github_login()
    draw_unknown([unknown] if (unknown := say_unknown("GitHub login", accept(KEY, named, logins))) else [])
    if claimed and KEY not in st.session_state and KEY not in st.query_params:
        return named.get(claimed.casefold(), claimed)
    chosen = st.selectbox(
        "I am",
        logins,
        index=None,
        placeholder="I am … on GitHub: what waits for me?",
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
        width=300,
    )
    return chosen if chosen in logins else ""


def list_logins(rows: pl.DataFrame) -> list[str]:
    """Return the logins of authors and of those whose turn it is, by name."""
    found = {*rows["author_login"].drop_nulls(), *rows["turn_login"].drop_nulls()}
    return sorted(found, key=lambda login: (login.casefold(), login))


def select_mine(page: Context, rows: pl.DataFrame, login: str) -> pl.DataFrame:
    """Select the pull requests that wait for the person.

    A review that was asked of them, or of a GitHub team of theirs; an answer to a review of their own pull request;
    the merge of their own, if it is approved.
    """
    me = login.casefold()
    teams = frozenset(page.reader.read(read_slugs_of, me)["slug"])
    return rows.filter([_waits_for(row, me, teams) for row in rows.select(COLUMNS).iter_rows(named=True)])


COLUMNS = ("turn", "turn_login", "author_login", "requested_reviewers")


def _waits_for(row: Mapping[str, object], me: str, teams: frozenset[str]) -> bool:
    if str(row["turn_login"] or "").casefold() == me:
        return True
    if row["turn"] != Turn.REVIEW:
        return str(row["author_login"] or "").casefold() == me
    asked = row["requested_reviewers"]
    return isinstance(asked, list) and any(str(name).casefold() == me or name in teams for name in asked)
