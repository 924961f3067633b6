"""The drawer: one pull request with its phases, its analysis and the evidence for it, and a link to GitHub.

It opens over any page, and has an address: `?pr=<node id>`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import streamlit as st

from dashboard.parts import charts, checking, issues
from dashboard.parts.charts import BadgeColor
from dashboard.reading import format
from dashboard.reading.data import Reader
from dashboard.reading.rows import PullRequestDetail, Reviewer, Team, make_rows
from dashboard.shell import navigation
from warehouse.metrics.outcomes.wording import describe_exclusion, describe_landing
from warehouse.reads.reviews import read_reviewers
from warehouse.words import plural

PARAMETER = "pr"
LIST = "drawer_list"
MAX_LABELS = 6
VERDICTS = {"APPROVED": "approved", "CHANGES_REQUESTED": "requested changes", "DISMISSED": "dismissed"}
STATE_BADGES: Mapping[str, tuple[str, BadgeColor]] = {
    "OPEN": ("Open", "green"),
    "MERGED": ("Merged", "violet"),
    "CLOSED": ("Closed", "red"),
}
RISK_COLORS: Mapping[str, BadgeColor] = {"low": "green", "medium": "orange", "high": "red"}
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
# An author date this much older than the committer date: more than a branch that waited for its rebase.
CARRIED_OVER_AFTER = timedelta(days=30)
EVIDENCE_PLACES = {
    "author": "the author",
    "branch": "the branch name",
    "commit": "a commit",
    "body": "the description",
    "template": "the pull request template",
    "llm": "the text, as quoted by the model",
}
MERGED_THROUGH = {"merge_queue": ", through the merge queue", "auto_merge": ", by auto-merge"}
AI_LEVELS = {
    "authored": "Written by AI",
    "assisted": "At least AI-assisted",
    "contains": "Contains commits of an AI tool",
    "denied": "The author says that no AI was used",
    "mentioned": "AI at least mentioned",
}
MAX_LANGUAGES = 4


def ask_for(pull_request_id: str) -> None:
    """Open the drawer once the page is drawn: in this run, or at the next if a callback asks."""
    st.query_params[PARAMETER] = pull_request_id


def draw_if_asked(team: Team, reader: Reader) -> None:
    """Draw the drawer over the page, if the address names a pull request."""
    pull_request_id = st.query_params.get(PARAMETER)
    if not pull_request_id:
        return
    pull_request = reader.pull_request(pull_request_id)
    title = f"#{pull_request.number}" if pull_request else "Pull request"

    @st.dialog(title, width=620, position="right", icon=":material/merge:", on_dismiss=_close)
    def drawer() -> None:
        if pull_request is None:
            st.info("This pull request is not in the warehouse.", icon=":material/search_off:")
            st.page_link(navigation.page(navigation.DATA_HEALTH), label="Why is it missing?", icon=":material/help:")
        else:
            _draw_neighbours(pull_request_id)
            _draw_pull_request(team, reader, pull_request_id, pull_request)

    drawer()


def _close() -> None:
    st.query_params.pop(PARAMETER, None)


def remember_list(ids: Sequence[str]) -> None:
    """Remember the list that a pull request is opened from: the drawer leads to the previous and the next of it."""
    st.session_state[LIST] = tuple(ids)


def find_neighbours(ids: Sequence[str], pull_request_id: str) -> tuple[str | None, str | None]:
    """Return the previous and the next id of the list; None at its ends, or if it is not in the list."""
    if pull_request_id not in ids:
        return None, None
    place = list(ids).index(pull_request_id)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)


def _draw_neighbours(pull_request_id: str) -> None:
    """Draw the way to the previous and the next pull request of the list that this one was opened from."""
    before, after = find_neighbours(st.session_state.get(LIST, ()), pull_request_id)
    if before is None and after is None:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for label, key, icon, other in (
            ("Previous", "drawer_previous", ":material/arrow_upward:", before),
            ("Next", "drawer_next", ":material/arrow_downward:", after),
        ):
            if st.button(label, key=key, icon=icon, type="tertiary", disabled=other is None) and other:
                ask_for(other)
                st.rerun()


def _draw_pull_request(team: Team, reader: Reader, pull_request_id: str, pr: PullRequestDetail) -> None:
    st.markdown(f"**{format.escape(pr.title, 300)}**")
    _draw_badges(pr)
    _draw_origin(team, pr)
    _draw_counting(pr)
    _draw_people(pr, make_rows(Reviewer, reader.read(read_reviewers, pull_request_id)))
    issues.draw_issues(reader, pull_request_id)
    _draw_phases(pr)
    _draw_events(pr)
    _draw_analysis(pr)
    checking.draw_questions(reader, pull_request_id)
    _draw_completeness(pr)


def _draw_badges(pr: PullRequestDetail) -> None:
    label, color = STATE_BADGES.get(pr.state, (pr.state, "gray"))
    if pr.state == "OPEN" and pr.is_draft:
        label, color = "Draft", "gray"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label, color=color)
        if pr.is_bot:
            st.badge("Bot", icon=":material/smart_toy:", color="gray", help="Left out of the metrics by default")
        if pr.is_hotfix:
            st.badge("Hotfix", color="orange")
        if pr.is_revert:
            st.badge("Revert", color="orange")
        if pr.landed_by:
            st.badge("Merged by a bot", icon=":material/precision_manufacturing:", color="gray")
        if pr.excluded_by:
            st.badge("Left out", icon=":material/filter_alt_off:", color="gray")
        for label in (pr.labels or [])[:MAX_LABELS]:
            st.badge(format.escape(label, 40), icon=":material/label:", color="gray")


def _draw_origin(team: Team, pr: PullRequestDetail) -> None:
    st.caption(
        f"{format.escape(pr.full_name)} · by {format.escape(pr.author_login)} · "
        f"+{pr.additions or 0:,} −{pr.deletions or 0:,} in {plural(pr.changed_files or 0, 'file')}"
    )
    url = format.pull_request_url(team.web_url, pr.full_name or "", pr.number)
    if url:
        st.link_button("Open on GitHub", url, icon=":material/open_in_new:")


def _draw_counting(pr: PullRequestDetail) -> None:
    """Say why it does not count, or why it counts as merged, and who had it merged."""
    if pr.excluded_by:
        reason = describe_exclusion(pr.excluded_by, pr.head_ref, pr.base_ref, pr.excluded_since)
        st.info(f"Left out of the numbers: {format.escape(reason)}.", icon=":material/filter_alt_off:")
    if pr.landed_by:
        st.caption(f"It counts as merged when it was closed: {describe_landing(pr.landed_by)}.")
    elif pr.merged_by_login and pr.merged_at:
        through = MERGED_THROUGH.get(pr.merged_through or "", "")
        st.caption(f"Merged by {format.escape(pr.merged_by_login)}{through}.")


def _draw_people(pr: PullRequestDetail, reviewers: Sequence[Reviewer]) -> None:
    """Draw who reviewed it and how, whose review is asked for, and to whom it is assigned."""
    rows = {
        "Reviewed by": ", ".join(_say_reviewer(reviewer) for reviewer in reviewers) or "nobody",
        "Asked for a review": _names(pr.requested_reviewers) if pr.state == "OPEN" else "",
        "Assigned to": _names(pr.assignees),
    }
    st.markdown("**People**")
    st.table({name: text for name, text in rows.items() if text}, border="horizontal")


def _say_reviewer(reviewer: Reviewer) -> str:
    verdict = VERDICTS.get(reviewer.verdict or "", "commented")
    often = f", {plural(reviewer.reviews, 'review')}" if reviewer.reviews > 1 else ""
    return f"{format.escape(reviewer.login)} ({verdict}{often})"


def _names(logins: Sequence[str] | None) -> str:
    return ", ".join(format.escape(login, 60) for login in logins or [])


def _draw_phases(pr: PullRequestDetail) -> None:
    colors = dict(zip(charts.PHASE_TITLES, charts.palette(), strict=False))
    phases = [
        (charts.PHASE_TITLES[name], hours, colors[name])
        for name, hours in pr.phase_hours.items()
        if hours is not None and name in colors
    ]
    st.markdown("**Phases**")
    if not phases:
        st.caption("No phase has ended yet." if pr.state == "OPEN" else "It was not merged, so it has no cycle time.")
        return
    if sum(hours for _, hours, _ in phases) > 0:
        st.echarts_chart(charts.timeline_option(phases), height=34, key="drawer_phases", alt="Phases in proportion")
    rows = {f':color[■]{{foreground="{color}"}} {title}': format.hours(hours) for title, hours, color in phases}
    st.table(rows | _total(pr), border="horizontal")


def _total(pr: PullRequestDetail) -> dict[str, str]:
    hours = pr.cycle_time_hours
    return {} if hours is None else {"**Cycle time**": f"**{format.hours(hours)}**"}


def _draw_events(pr: PullRequestDetail) -> None:
    times = pr.event_times
    if pr.merged_at is not None:
        times["closed_at"] = None  # GitHub closes a pull request with its merge
    # Sorted by time alone: events of the same time stay in the order of EVENTS.
    happened = sorted(((at, name) for name, at in times.items() if at is not None), key=lambda event: event[0])
    st.markdown("**Timeline**")
    st.table({EVENTS[name]: format.timestamp(at) for at, name in happened}, border="horizontal")
    for sentence in _explain_commits(pr):
        st.caption(sentence)


def _explain_commits(pr: PullRequestDetail) -> Iterator[str]:
    """Say what the dates of its commits show that a reader would not expect."""
    first, taken = pr.first_commit_at, pr.first_commit_committed_at
    if first is not None and taken is not None and taken - first >= CARRIED_OVER_AFTER:
        yield (
            f"The first commit was written on {first:%d %b %Y} and committed on {taken:%d %b %Y}: an older commit, "
            "cherry-picked or rebased. The coding time counts from when it was written."
        )
    if count := pr.implausible_commits_count:
        have = "has a date" if count == 1 else "have dates"
        yield f"{plural(count, 'commit')} {have} that cannot be, by a wrong clock or an import: not an anchor."


def _draw_analysis(pr: PullRequestDetail) -> None:
    st.markdown("**Analysis**")
    if pr.analysis_status != "done":
        st.caption(_why_not_analysed(pr))
        return
    if pr.summary:
        st.text(format.plain(pr.summary, 1200))
    _draw_labels(pr)
    _draw_evidence(pr)
    st.caption(_say_analyst(pr))


def _draw_labels(pr: PullRequestDetail) -> None:
    with st.container(horizontal=True, gap="small"):
        if pr.work_type:
            decided = "Decided by a rule" if pr.work_type_source == "rule" else "Decided by the model"
            st.badge(format.escape(format.work_type(pr.work_type)), color="blue", help=decided)
        if pr.risk:
            reasons = ", ".join(format.escape(reason.replace("_", " ")) for reason in pr.risk_reasons or [])
            st.badge(f"{pr.risk} risk", color=RISK_COLORS.get(pr.risk, "gray"), help=reasons or None)
        for language in (pr.languages or [])[:MAX_LANGUAGES]:
            st.badge(format.escape(language), color="gray")


def _draw_evidence(pr: PullRequestDetail) -> None:
    if pr.ai_level in {None, "none"}:
        st.caption("No evidence of AI assistance was found. That does not prove that there was none.")
        return
    level = AI_LEVELS.get(pr.ai_level or "", format.escape(pr.ai_level))
    tools = pr.ai_tools or ([pr.ai_tool] if pr.ai_tool else [])
    tool = f" ({', '.join(format.escape(name) for name in tools)})" if tools else ""
    place = EVIDENCE_PLACES.get(pr.ai_evidence_kind or "", "the pull request")
    spot = f" ({format.escape(pr.ai_evidence_place)})" if pr.ai_evidence_place else ""
    st.markdown(f"{level}{tool}. The evidence is in {place}{spot}:")
    if pr.ai_evidence:
        st.code(format.plain(pr.ai_evidence, 300), language=None, wrap_lines=True)


def _why_not_analysed(pr: PullRequestDetail) -> str:
    match pr.analysis_status:
        case None:
            return "Not analysed yet."
        case "refused":
            return "The model refused to analyse it."
        case _:
            reason = format.escape(format.error_code(pr.error_code))
            return f"The analysis failed: {reason}. The next run tries again."


def _say_analyst(pr: PullRequestDetail) -> str:
    """Say who analysed it, when, and what to keep in mind about the result."""
    at = format.timestamp(pr.analysed_at)
    if pr.analysis_source == "rule":
        return f"Analysed by rules, {at}."
    simulated = " (simulated)" if pr.provider == "simulated" and pr.model != "simulated" else ""
    parts = [f"Analysed by {format.escape(pr.model or 'a model')}{simulated}, {at}"]
    if pr.confidence:
        parts.append(f"confidence: {format.escape(pr.confidence)}")
    if pr.is_truncated:
        parts.append("the text was shortened to fit the model")
    if pr.is_injection_suspected:
        parts.append("the text tries to give the model instructions")
    return " · ".join(parts) + "."


def _draw_completeness(pr: PullRequestDetail) -> None:
    if pr.is_complete is False:
        st.warning(format.escape(pr.partial_reason), title="Incomplete", icon=":material/rule:")
    st.caption(f"Fetched from GitHub {format.timestamp(pr.fetched_at)}.")
