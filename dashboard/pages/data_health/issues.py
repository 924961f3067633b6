"""The panel about Jira: how far issues were read, and why not further."""

import streamlit as st

from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.flags import is_jira_on
from warehouse.words import plural


def draw_issues(page: Context) -> None:
    """Draw when Jira was read and what came of it; nothing while Jira is switched off."""
    if not is_jira_on():
        return
    rows = page.reader.jira()
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Issues of Jira**")
        if rows.is_empty():
            st.caption("Not read yet: the next run does so, if PRFLOW_JIRA_URL and PRFLOW_JIRA_TOKEN are set.")
            return
        row = rows.row(0, named=True)
        if row["error"]:
            text = f"The last reading is not complete. {row['error']} {row['error_hint'] or ''}"
            st.warning(format.escape(text), icon=":material/sync_problem:")
        read = f"read completely {format.timestamp(row['read_at'])}" if row["read_at"] else "never read completely"
        st.caption(format.escape(f"{row['url']}, {read}; times in UTC"))
        facts = {
            "Pull requests that name an issue": f"{row['pull_requests']:,}, of {row['linked']:,} it was found",
            "Issues stored": f"{row['issues']:,}"
            + (f", {row['gone']:,} of them gone or hidden" if row["gone"] else ""),
        }
        if row["absent_keys"]:
            facts["Not returned by Jira"] = f"{plural(row['absent_keys'], 'key')}: deleted, hidden or never there"
        if row["unread_keys"]:
            facts["Not asked for yet"] = plural(row["unread_keys"], "key")
        st.table(facts, border="horizontal")
