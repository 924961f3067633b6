"""The steps above every step, and the way out of the set-up below."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.parts.forms.attempts import attempt
from dashboard.reading import admin
from dashboard.reading.admin import SetUp
from warehouse.set_up import Step

TITLES = {
    Step.CONNECT: "Connect",
    Step.ORGANISATION: "Organisation",
    Step.REPOSITORIES: "Repositories",
    Step.SYNC: "Import",
}
GIVE_UP = (
    "What only this set-up needed is deleted: a token that you gave for it alone, and a team that has never been "
    "imported. Nothing else changes."
)
LEAVE = "The import goes on, and its pages open by themselves. The set-up is free for another organisation."
DONE, CURRENT, TO_DO = (
    ":green[:material/check_circle:]",
    ":primary[:material/radio_button_checked:]",
    ":gray[:material/radio_button_unchecked:]",
)


def draw_stepper(current: Step, *, is_done: bool = False) -> None:
    """Draw which steps are done, which one this is, and which follow."""
    place = len(TITLES) if is_done else list(TITLES).index(current)
    names = [*TITLES.values(), "Done"]
    with st.container(horizontal=True, gap="medium", key="stepper"):
        for number, name in enumerate(names):
            icon = DONE if number < place or is_done else CURRENT if number == place else TO_DO
            shown = f"**{number + 1}. {name}**" if number == place else f"{number + 1}. {name}"
            st.markdown(f"{icon} {shown}", width="content")


def draw_back(step: Step, label: str) -> None:
    """Draw the button that shows an earlier step again."""
    if st.button(label, icon=":material/arrow_back:", key=f"back_to_{step}"):
        attempt(lambda: admin.go_to(step), "Going back ...")


def draw_give_up(state: SetUp) -> None:
    """Draw the way out, once there is anything to give up; an import that has begun goes on."""
    if not state.has_begun:
        return
    is_importing = state.step is Step.SYNC
    label, words = ("Leave the set-up", LEAVE) if is_importing else ("Give up this set-up", GIVE_UP)
    with st.popover(label, icon=":material/close:", type="tertiary"):
        st.markdown(words)
        if st.button("Leave" if is_importing else "Give up", key="give_up", type=main_type()):
            attempt(admin.give_up, "Cleaning up ...")
