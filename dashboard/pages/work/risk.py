"""How risky the merged pull requests of the period were rated, and the riskiest of them."""

import streamlit as st

from dashboard.parts import tables
from dashboard.parts.behind import NOT_KNOWN, Behind
from dashboard.shell.context import Context
from warehouse.metrics.registry import BY_NAME
from warehouse.reads.pull_requests import PullRequestQuery

LEVELS = {"high": "High", "medium": "Medium", "low": "Low", "unclear": "Unclear", NOT_KNOWN: "Not rated"}
MAX_ROWS = 25


def of_level(level: str) -> Behind:
    """Return the merged pull requests of the period with that risk."""
    return Behind(BY_NAME["merged_prs"], part=f"risk={level}")


def ids_of(page: Context, level: str) -> tuple[str, ...]:
    return page.remember(("risk", level), lambda: of_level(level).ids(page))


def draw_risk(page: Context) -> None:
    """Draw a button per level with its count, and the latest pull requests of high risk."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for level, name in LEVELS.items():
            count = len(ids_of(page, level))
            if st.button(
                f"{name}: {count:,}", key=f"risk_{level}", icon=":material/arrow_forward:", disabled=not count
            ):
                of_level(level).open(page)
    ids = ids_of(page, "high")
    if not ids:
        st.caption("None of them was rated of high risk.")
        return
    more = f"; {MAX_ROWS} of {len(ids):,} are shown" if len(ids) > MAX_ROWS else ""
    st.caption(f"High risk, the latest first{more}.")
    rows = page.reader.pull_requests(PullRequestQuery(ids=ids, sort="merged", limit=MAX_ROWS))
    tables.draw_merged(rows, "risky", page.reader.risk_reasons(tuple(rows["id"])))
