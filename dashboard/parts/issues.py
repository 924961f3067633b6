"""The issues of Jira that a pull request names, in its drawer."""

import re
from urllib.parse import quote

import streamlit as st

from dashboard.reading import format
from dashboard.reading.data import Reader
from warehouse.flags import is_jira_on

MAX_ISSUES = 5
_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[0-9]+\Z")
_GONE = {
    "missing": "Jira does not return it: deleted, or not to be seen",
    "deleted": "deleted in Jira",
    "private": "the token may not see it",
}


def draw_issues(reader: Reader, pull_request_id: str) -> None:
    """Draw each issue with its type and status, the key as a link; nothing while Jira is switched off."""
    rows = reader.issues_of(pull_request_id).to_dicts() if is_jira_on() else []
    if not rows:
        return
    st.markdown("**Issues**")
    st.table({_link(row): _say(row) for row in rows[:MAX_ISSUES]}, border="horizontal")
    if len(rows) > MAX_ISSUES:
        st.caption(f"and {len(rows) - MAX_ISSUES} more")


def issue_url(site: str | None, key: str) -> str | None:
    """Return the address of an issue; None if that of Jira, or the key, is malformed."""
    if not (site or "").startswith(("https://", "http://")) or not _KEY.match(key):
        return None
    return f"{site}/browse/{quote(key)}"


def _link(row: dict[str, str | None]) -> str:
    key = row["key"] or row["issue_key"] or ""
    url = issue_url(row["url"], key)
    return f"[{key}]({url})" if url else format.escape(key)


def _say(row: dict[str, str | None]) -> str:
    """Say what an issue is, in Markdown; of one that is gone what was known of it, and why."""
    facts = [format.escape(row[name], 60) for name in ("issue_type", "status") if row[name]]
    if row["epic_key"]:
        facts.append(f"epic {format.escape(row['epic_key'], 60)}")
    if gone := _GONE.get(row["state"] or ""):
        facts.append(gone)
    elif not row["key"]:
        facts.append("not read yet")
    title = f" · {format.escape(row['summary'], 120)}" if row["summary"] else ""
    return ", ".join(facts) + title
