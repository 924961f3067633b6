"""Draws the gate: what stands in place of every page until the first days are in."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboard.first_run import actions
from dashboard.first_run.view import (
    BLOCKED_POLL_SECONDS,
    Screen,
    StepState,
    View,
    choose_view,
    connect_view,
    demo_starting_view,
)
from dashboard.reading import clock, data, format
from dashboard.reading.settings import DashboardSettings
from warehouse.connection import WarehouseError
from warehouse.progress import Progress, RepositoryProgress

BADGES = {
    Screen.BLOCKED: ("Running", "blue"),
    Screen.STALLED: ("Stalled", "orange"),
    Screen.WAITING: ("Waiting", "violet"),
    Screen.FAILED: ("Failed", "red"),
}
PANEL_WIDTH = 780
KEYS = """GITHUB_TOKEN=…     # read access to the repositories; or `prflow login`, or a GitHub App
GROQ_API_KEY=…     # or any OpenAI-compatible model"""
INTRODUCTION = (
    "The first days are read first, so the dashboard opens in minutes. Older history follows in the background."
)
INTRODUCTIONS = {Screen.FAILED: "The pages open once the first days are in; what was fetched so far is kept."}
STEP_ICONS = {
    StepState.DONE: ":green[:material/check_circle:]",
    StepState.RUNNING: ":primary[:material/progress_activity:]",
    StepState.TO_DO: ":gray[:material/radio_button_unchecked:]",
}
REPOSITORY_STATES = {
    "pending": "Waiting",
    "scanning": "Counting",
    "syncing": "Importing",
    "done": "Done",
    "partial": "Partial",
    "failed": "Failed",
}
STATE_COLORS = ["gray", "blue", "blue", "green", "orange", "red"]


def look_again(team_id: str) -> tuple[Progress, View]:
    """The same inside a fragment; where the warehouse is gone, the whole page starts again and says so."""
    try:
        return look(team_id)
    except WarehouseError:
        st.rerun()


def look(team_id: str) -> tuple[Progress, View]:
    """How far the team is and what is shown of it, now."""
    settings = DashboardSettings()
    progress = data.progress(team_id)
    shown = choose_view(
        progress,
        clock.now(),
        stalled_after=timedelta(seconds=settings.stalled_seconds),
        stale_after=timedelta(hours=settings.stale_hours),
    )
    return progress, shown


def draw_gate(team_id: str) -> None:
    """The panel; it looks again every two seconds, and opens the page that was asked for by itself."""

    @st.fragment(run_every=BLOCKED_POLL_SECONDS)
    def panel() -> None:
        progress, shown = look_again(team_id)
        if shown.is_open:
            st.rerun()
        _draw(progress, shown)

    panel()


def draw_connect() -> None:
    """The steps that connect an organisation; the page opens once they are done."""
    is_demo = DashboardSettings().is_simulated
    shown = demo_starting_view() if is_demo else connect_view()

    @st.fragment(run_every=shown.poll_seconds)
    def panel() -> None:
        if st.session_state.get("connect_drawn") and data.has_team():
            st.session_state.pop("connect_drawn")
            st.rerun()
        st.session_state["connect_drawn"] = True
        (_draw_starting if is_demo else _draw_connect)(shown)

    panel()


def _draw_connect(shown: View) -> None:
    with _centre():
        st.title(shown.title, anchor=False)
        st.markdown(shown.text + " This page opens by itself once the first pull requests are in.")
        with st.container(border=True):
            st.markdown("**1. Give read access.** In `.env`, or in the environment:")
            st.code(KEYS, language=None)
            st.markdown("**2. Start the services**, where they are not running yet:")
            st.code("prflow up", language=None)
            st.markdown("**3. Follow an organisation or user**, all of it or some repositories:")
            st.code("prflow onboard OWNER [--repo OWNER/NAME ...]", language=None)
        st.caption("To look around first, `prflow demo` runs the whole way on a simulated organisation.")


def _draw_starting(shown: View) -> None:
    with _centre():
        st.title(shown.title, anchor=False)
        with st.container(border=True):
            st.markdown(f":primary[:material/progress_activity:] {shown.text}")
            st.caption(shown.hint)


def draw_unreadable(shown: View) -> None:
    """Says why the warehouse cannot be opened, and tries again."""

    @st.fragment(run_every=shown.poll_seconds)
    def panel() -> None:
        if st.session_state.get("unreadable_drawn") and data.is_readable():
            st.session_state.pop("unreadable_drawn")
            st.rerun()
        st.session_state["unreadable_drawn"] = True
        with _centre():
            st.error(format.escape(shown.text, 800), title=shown.title, icon=":material/database_off:")
            st.markdown(shown.hint)

    panel()


def _draw(progress: Progress, shown: View) -> None:
    with _centre():
        st.title(shown.title, anchor=False)
        st.markdown(INTRODUCTIONS.get(shown.screen, INTRODUCTION))
        with st.container(border=True):
            _draw_head(progress, shown)
            if shown.screen is not Screen.FAILED:
                _draw_bar(progress, shown)
                _draw_steps(shown)
            _draw_boxes(progress, shown)
            _draw_repositories(progress.repos)
        _draw_foot(progress)


def _draw_head(progress: Progress, shown: View) -> None:
    label, color = BADGES[shown.screen]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(f"Getting the first days of {format.escape(progress.login)}", anchor=False)
        st.badge(label, color=color)  # type: ignore[arg-type]


def _draw_bar(progress: Progress, shown: View) -> None:
    percent = shown.percent or 0.0
    text = f"**{percent:.0f} %** overall · {format.escape(progress.description.removesuffix('.'))}"
    if shown.remaining is not None:
        text += f" · about {format.seconds(shown.remaining.total_seconds())} left"
    st.progress(min(1.0, percent / 100), text=text)


def _draw_steps(shown: View) -> None:
    with st.container(horizontal=True, gap="medium"):
        for step in shown.steps:
            name = f"**{step.name}**" if step.state is StepState.RUNNING else step.name
            st.markdown(f"{STEP_ICONS[step.state]} {name}", width="content")


def _draw_boxes(progress: Progress, shown: View) -> None:
    text, hint = format.escape(shown.text, 800), format.escape(shown.hint, 800)
    match shown.screen:
        case Screen.STALLED:
            st.warning(f"{text} {hint}", title="Looks stalled", icon=":material/hourglass_top:")
        case Screen.WAITING:
            st.info(f"{text} {hint}", title="Waiting", icon=":material/schedule:")
        case Screen.FAILED:
            st.error(f"{text}\n\n**What to do:** {hint}", title="Why it failed", icon=":material/error:")
        case _:
            pass
    if shown.disagreement:
        st.info(format.escape(shown.disagreement, 800), icon=":material/sync_problem:")
    if shown.retry_phase or shown.can_skip:
        with st.container(horizontal=True):
            actions.draw_retry(progress, shown, key="gate_retry", is_main=True)
            if shown.can_skip and st.button("Skip to what is there", key="skip", icon=":material/skip_next:"):
                actions.skip(progress)


def _draw_repositories(repos: tuple[RepositoryProgress, ...]) -> None:
    if not repos:
        return
    st.dataframe(
        repository_rows(repos),
        hide_index=True,
        height="content" if len(repos) <= 12 else 460,
        column_config={
            "Repository": st.column_config.TextColumn(width="medium"),
            "State": st.column_config.MultiselectColumn(
                options=list(REPOSITORY_STATES.values()), color=STATE_COLORS, width="small"
            ),
            "Progress": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.0f %%"),
            "PRs": st.column_config.TextColumn(width="small", alignment="right"),
            "Problem": st.column_config.TextColumn(width="medium"),
        },
        alt="Import of each repository: state, per cent, pull requests",
    )


def repository_rows(repos: tuple[RepositoryProgress, ...]) -> pl.DataFrame:
    """One row per repository as the gate and Data health show it; Problem only where there is one."""
    rows = pl.DataFrame(
        {
            "Repository": [format.cell(repo.full_name) for repo in repos],
            "State": [[REPOSITORY_STATES.get(repo.sync_status, repo.sync_status)] for repo in repos],
            "Progress": [repo.sync_progress for repo in repos],
            "PRs": [_counted(repo) for repo in repos],
            "Problem": [format.cell(repo.last_sync_error) or None for repo in repos],
        },
        schema_overrides={"Progress": pl.Float64, "Problem": pl.String},
    )
    return rows if rows["Problem"].count() else rows.drop("Problem")


def _counted(repo: RepositoryProgress) -> str:
    if repo.sync_prs_total is None:
        return "counting"
    return f"{repo.sync_prs_completed:,} of {repo.sync_prs_total:,}"


def _draw_foot(progress: Progress) -> None:
    parts = [f"Last checked {format.clock(clock.now())}"]
    if progress.is_running:
        parts.append("you can close this tab, the import goes on")
    if progress.run_url:
        parts.append(f"[the run in Prefect]({progress.run_url})")
    st.caption(" · ".join(parts))
    draw_simulated(progress)


def draw_simulated(progress: Progress) -> None:
    """Says on every page what is simulated; nothing where nothing is."""
    what = [
        name for name, simulated in (
            ("pull requests come from a simulated GitHub", progress.is_simulated),
            ("the analysis from a simulated model", progress.is_analysis_simulated),
        ) if simulated
    ]  # fmt: skip
    if what:
        text = " and ".join(what)
        st.caption(f":orange-badge[:material/science: Simulated] {text[0].upper()}{text[1:]}.")


def _centre() -> "st.delta_generator.DeltaGenerator":
    return st.container(horizontal_alignment="center").container(width=PANEL_WIDTH)
