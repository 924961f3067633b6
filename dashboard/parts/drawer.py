"""The drawer: one pull request, its phases, what was read of it and on what evidence, the way to GitHub.

It opens over any page, and has an address: `?pr=<node id>`.
"""

from datetime import datetime
from typing import Any

import streamlit as st

from dashboard.parts import charts
from dashboard.parts.weeks import PHASES
from dashboard.reading import format
from dashboard.shell.context import Context

PARAMETER = "pr"
STATE_BADGES = {"OPEN": ("Open", "green"), "MERGED": ("Merged", "violet"), "CLOSED": ("Closed", "red")}
RISK_COLORS = {"low": "green", "medium": "orange", "high": "red"}
EVENTS = {
    "first_commit_at": "First commit",
    "created_at": "Opened",
    "ready_at": "Ready for review",
    "first_response_at": "First response",
    "first_review_at": "First review",
    "approved_at": "Approved",
    "merged_at": "Merged",
    "closed_at": "Closed",
}
EVIDENCE_PLACES = {
    "author": "the author", "branch": "the branch", "commit": "a commit", "body": "the description",
    "template": "the pull request template", "llm": "the text, as the model quotes it",
}  # fmt: skip


def ask_for(pull_request_id: str) -> None:
    """Opens the drawer with the next run of the page."""
    st.query_params[PARAMETER] = pull_request_id


def draw_if_asked(page: Context) -> None:
    """Draws the drawer where the address names a pull request."""
    pull_request_id = st.query_params.get(PARAMETER)
    if not pull_request_id:
        return
    pull_request = page.reader.pull_request(pull_request_id)
    title = f"#{pull_request['number']}" if pull_request else "Pull request"

    @st.dialog(title, width=620, position="right", icon=":material/merge:", on_dismiss=_close)
    def drawer() -> None:
        if pull_request is None:
            st.info("This pull request is not in the warehouse.", icon=":material/search_off:")
        else:
            _draw(page, pull_request)

    drawer()


def _close() -> None:
    st.query_params.pop(PARAMETER, None)


def _draw(page: Context, pr: dict[str, Any]) -> None:
    st.markdown(f"**{format.escape(pr['title'], 300)}**")
    _draw_head(page, pr)
    _draw_phases(pr)
    _draw_events(pr)
    _draw_analysis(pr)
    _draw_completeness(pr)


def _draw_head(page: Context, pr: dict[str, Any]) -> None:
    label, color = STATE_BADGES.get(pr["state"], (pr["state"], "gray"))
    if pr["state"] == "OPEN" and pr["is_draft"]:
        label, color = "Draft", "gray"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label, color=color)
        if pr["is_bot"]:
            st.badge("Bot", icon=":material/smart_toy:", color="gray", help="Left out of the metrics by default")
        if pr["is_hotfix"]:
            st.badge("Hotfix", color="orange")
        if pr["is_revert"]:
            st.badge("Revert", color="orange")
    st.caption(
        f"{format.escape(pr['full_name'])} · by {format.escape(pr['author_login'])} · "
        f"+{pr['additions'] or 0:,} −{pr['deletions'] or 0:,} in {format.plural(pr['changed_files'] or 0, 'file')}"
    )
    url = format.pull_request_url(page.web_url, pr["full_name"] or "", pr["number"])
    if url:
        st.link_button("Open on GitHub", url, icon=":material/open_in_new:")


def _draw_phases(pr: dict[str, Any]) -> None:
    phases = [
        (title, pr[f"{name}_hours"], color)
        for (name, title), color in zip(PHASES.items(), charts.palette(), strict=False)
        if pr.get(f"{name}_hours") is not None
    ]
    st.markdown("**Phases**")
    if not phases:
        st.caption("No phase is over yet." if pr["state"] == "OPEN" else "Not merged, so there is no cycle time.")
        return
    if sum(value for _, value, _ in phases) > 0:
        st.echarts_chart(charts.draw_timeline(phases), height=34, key="drawer_phases", alt="Phases in proportion")
    rows = {f':color[■]{{foreground="{color}"}} {title}': format.hours(value) for title, value, color in phases}
    st.table(rows | _total(pr), border="horizontal")


def _total(pr: dict[str, Any]) -> dict[str, str]:
    total = pr.get("cycle_time_hours")
    return {} if total is None else {"**Cycle time**": f"**{format.hours(total)}**"}


def _draw_events(pr: dict[str, Any]) -> None:
    happened = (
        (pr[name], title) for name, title in EVENTS.items()
        if pr.get(name) is not None and not (name == "closed_at" and pr["merged_at"] is not None)
    )  # fmt: skip
    # By time alone: what happened at once stays in the order of EVENTS.
    seen: list[tuple[datetime, str]] = sorted(happened, key=lambda event: event[0])
    st.markdown("**Timeline**")
    st.table({title: format.moment(at) for at, title in seen}, border="horizontal")


def _draw_analysis(pr: dict[str, Any]) -> None:
    st.markdown("**Analysis**")
    if pr["analysis_status"] != "done":
        st.caption(_unread(pr))
        return
    if pr["summary"]:
        st.text(format.plain(pr["summary"], 1200))
    with st.container(horizontal=True, gap="small"):
        if pr["work_type"]:
            kind = format.escape(pr["work_type"].replace("_", "/"))
            st.badge(kind, color="blue", help=_source(pr["work_type_source"]))
        if pr["risk"]:
            reasons = ", ".join(format.escape(reason.replace("_", " ")) for reason in pr["risk_reasons"] or [])
            st.badge(f"{pr['risk']} risk", color=RISK_COLORS.get(pr["risk"], "gray"), help=reasons or None)  # type: ignore[arg-type]
        for language in (pr["languages"] or [])[:4]:
            st.badge(format.escape(language), color="gray")
    _draw_evidence(pr)
    st.caption(_read_by(pr))


def _draw_evidence(pr: dict[str, Any]) -> None:
    if pr["ai_level"] in {None, "none"}:
        st.caption("No evidence of AI assistance was found; that is no proof that there was none.")
        return
    tool = f" by {format.escape(pr['ai_tool'])}" if pr["ai_tool"] else ""
    place = EVIDENCE_PLACES.get(pr["ai_evidence_kind"] or "", "the pull request")
    spot = f" ({format.escape(pr['ai_evidence_place'])})" if pr["ai_evidence_place"] else ""
    st.markdown(f"AI {format.escape(pr['ai_level'])}{tool}, at least. The evidence stood in {place}{spot}:")
    if pr["ai_evidence"]:
        st.code(format.plain(pr["ai_evidence"], 300), language=None, wrap_lines=True)


def _unread(pr: dict[str, Any]) -> str:
    match pr["analysis_status"]:
        case None:
            return "Not read yet."
        case "refused":
            return "The model refused to read it."
        case _:
            reason = format.escape(pr["error_code"] or "no reason given")
            return f"Reading it failed: {reason}. The next run tries again."


def _read_by(pr: dict[str, Any]) -> str:
    if pr["analysis_source"] == "rule":
        return f"Settled by rules, {format.moment(pr['analysed_at'])}."
    simulated = " (simulated)" if pr["provider"] == "simulated" and pr["model"] != "simulated" else ""
    words = [f"Read by {format.escape(pr['model'] or 'a model')}{simulated}, {format.moment(pr['analysed_at'])}"]
    if pr["confidence"]:
        words.append(f"confidence {format.escape(pr['confidence'])}")
    if pr["is_truncated"]:
        words.append("the text was cut to fit")
    if pr["is_injection_suspected"]:
        words.append("the text tries to instruct the model")
    return " · ".join(words) + "."


def _source(source: str | None) -> str:
    return "Decided by a rule" if source == "rule" else "As the model read it"


def _draw_completeness(pr: dict[str, Any]) -> None:
    if pr["is_complete"] is False:
        st.warning(format.escape(pr["partial_reason"]), title="Not complete", icon=":material/rule:")
    st.caption(f"Read from GitHub {format.moment(pr['fetched_at'])}.")
