"""Step 3: which repositories are followed; rows come while GitHub lists them."""

import streamlit as st

from dashboard.pages.set_up.start import draw_start
from dashboard.pages.set_up.stepper import draw_back
from dashboard.parts.forms.attempts import KEY as PROBLEM
from dashboard.parts.forms.attempts import attempt, draw_last_problem, draw_problem
from dashboard.parts.forms.jira import draw_jira_step
from dashboard.reading import admin, clock, format
from dashboard.reading.admin import (
    AdminRefused,
    AdminUnavailable,
    ListedRepository,
    Owner,
    Problem,
    RepositoryList,
    SetUp,
)
from warehouse.set_up import Step
from warehouse.words import plural

POLL_SECONDS = 0.5
SHOWN_AT_ONCE = 50
SHOWN = "set_up_shown"


def draw_repositories(state: SetUp) -> None:
    """Draw the repositories to tick, and what was read of the members; what grows refreshes by itself."""
    st.subheader("Choose repositories", anchor=False)
    draw_last_problem()
    try:
        is_growing = _is_growing(admin.read_repositories(), state)
    except (AdminRefused, AdminUnavailable) as error:
        draw_problem(Problem(message=str(error), hint=error.hint))
    else:
        st.fragment(_draw_list, run_every=POLL_SECONDS if is_growing else None)(is_growing)
    draw_back(Step.ORGANISATION, "Back to the organisation")


def _is_growing(listing: RepositoryList, state: SetUp) -> bool:
    is_listing = not listing.is_done and listing.problem is None
    return is_listing or (state.owner is not None and state.owner.is_reading_members)


def _draw_owner(owner: Owner) -> None:
    login = format.escape(owner.login)
    if owner.is_reading_members:
        st.markdown(f":primary[:material/progress_activity:] **{login}** is a team now. Reading its members ...")
    elif owner.members_error:
        draw_members_error(owner.members_error)
    else:
        counts = f": {plural(owner.members_count, 'member')} in {plural(owner.teams_count, 'team')}"
        more = counts if owner.is_organisation else ""
        st.markdown(f":green[:material/check_circle:] **{login}** is a team now{more}.")


def draw_members_error(reason: str) -> None:
    """Say that the members could not be read, which stops nothing."""
    st.warning(
        f"{format.escape(reason, 600)} Everything else works without it; the next run reads them again.",
        title="The members could not be read",
        icon=":material/group_off:",
    )


def _draw_list(was_growing: bool) -> None:
    try:
        listing, state = admin.read_repositories(), admin.read_set_up()
    except (AdminRefused, AdminUnavailable) as error:
        draw_problem(Problem(message=str(error), hint=error.hint))
        return
    if was_growing and not _is_growing(listing, state):
        st.rerun()
    left_out = set(state.left_out)
    if state.owner is not None:
        _draw_owner(state.owner)
    _draw_pace(listing)
    if listing.rows:
        _draw_rows(listing.rows, left_out)
    if listing.is_done:
        _draw_counts(listing, left_out)
        if state.owner is not None:
            draw_jira_step(state.owner.login)
        draw_start(state, sum(row.full_name not in left_out for row in listing.rows))


def _draw_pace(listing: RepositoryList) -> None:
    """Say in words what GitHub is asked for, or why that ended, with the button that asks again."""
    of_all = f" of {listing.total_count:,}" if listing.total_count is not None else ""
    if listing.problem is not None:
        draw_problem(listing.problem)
        if st.button("Ask GitHub again", icon=":material/refresh:", key="repositories_again"):
            attempt(admin.read_repositories_again, "Asking GitHub again ...")
    elif listing.waiting_until is not None:
        until = format.time_of_day(listing.waiting_until)
        st.info(f"GitHub's rate limit is used up: reading goes on by itself at {until}.", icon=":material/schedule:")
    elif not listing.is_done:
        read = f"{listing.seen_count:,}{of_all} read so far" if listing.seen_count else "the first ones come in seconds"
        st.markdown(f":primary[:material/progress_activity:] Reading the repositories from GitHub: {read} ...")


def _draw_rows(rows: list[ListedRepository], left_out: set[str]) -> None:
    asked = st.text_input("Search", key="set_up_search", placeholder="Part of a name", icon=":material/search:")
    found = [row for row in rows if asked.strip().lower() in row.full_name.lower()]
    if not found:
        st.caption(f"None of {plural(len(rows), 'repository')} has this in its name.")
        return
    with st.container(horizontal=True):
        names = [row.full_name for row in found]
        what = f"the {len(found):,} found" if asked.strip() else f"all {len(found):,}"
        st.button(f"Tick {what}", key="tick_all", on_click=_keep, args=(left_out - set(names),))
        st.button("Untick them", key="untick_all", on_click=_keep, args=(left_out | set(names),))
    shown = st.session_state.get(SHOWN, SHOWN_AT_ONCE)
    with st.container(border=True, gap="small"):
        for row in found[:shown]:
            _draw_row(row, left_out)
        if len(found) > shown and st.button(f"Show more of {len(found) - shown:,}", key="show_more"):
            st.session_state[SHOWN] = shown + SHOWN_AT_ONCE
            st.rerun(scope="fragment")


def _draw_row(row: ListedRepository, left_out: set[str]) -> None:
    key = f"follow_{row.full_name}"
    st.session_state[key] = row.full_name not in left_out
    private = " :material/lock:" if row.is_private else ""
    pushed = f"pushed {format.ago(row.pushed_at, clock.now())}" if row.pushed_at else "never pushed"
    more = f"{plural(row.pull_requests_count, 'pull request')}, {pushed}"
    label = f"{format.escape(row.full_name)}{private} :gray[{more}]"
    st.checkbox(label, key=key, on_change=_toggle, args=(row.full_name, left_out))


def _toggle(name: str, left_out: set[str]) -> None:
    _keep(left_out ^ {name})


def _keep(left_out: set[str]) -> None:
    """Keep the choice at once, so that another browser goes on with it."""
    try:
        admin.leave_out(sorted(left_out))
    except (AdminRefused, AdminUnavailable) as error:
        st.session_state[PROBLEM] = Problem(message=str(error), hint=error.hint)


def _draw_counts(listing: RepositoryList, left_out: set[str]) -> None:
    ticked = sum(row.full_name not in left_out for row in listing.rows)
    words = f"**{ticked:,} of {plural(len(listing.rows), 'repository')}** will be followed."
    hidden = [
        plural(count, noun)
        for count, noun in (
            (listing.archived_count, "archived repository"),
            (listing.forks_count, "fork"),
        )
        if count
    ]
    if hidden:
        words += f" {' and '.join(hidden)} not listed: add them one by one in Settings."
    st.markdown(words)
