"""Step 2: the organisation, of those that the token sees; the team is made at once."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.pages.set_up.stepper import draw_back
from dashboard.parts.forms.attempts import attempt, draw_last_problem, draw_problem
from dashboard.reading import admin, format
from dashboard.reading.admin import AdminRefused, AdminUnavailable, OwnerChoice, Problem, SetUp
from warehouse.set_up import Step
from warehouse.words import plural

# The choices of this session, by whose token they are. Nothing of a token is in them.
KEY = "set_up_owners"


def draw_organisation(state: SetUp) -> None:
    """Draw the owners to choose from, and a field for another one."""
    st.subheader("Choose an organisation", anchor=False)
    st.markdown("Its repositories become one team in prflow. You can add others later.")
    draw_last_problem()
    owners = _read_owners(state)
    with st.form("owner_form"):
        chosen = _draw_choices(owners, state) if owners else None
        typed = st.text_input(
            "Another organisation or user", placeholder="as in github.com/NAME", key="owner_typed", max_chars=200
        )
        is_sent = st.form_submit_button("Continue", type=main_type(), icon=":material/arrow_forward:")
    if is_sent:
        login = typed.strip() or chosen or ""
        attempt(lambda: admin.choose_owner(login), "Making the team ...")
    with st.container(horizontal=True):
        draw_back(Step.CONNECT, "Back to the token")
        if st.button("Ask GitHub again", icon=":material/refresh:", key="owners_again"):
            st.session_state.pop(KEY, None)
            st.rerun()


def _read_owners(state: SetUp) -> list[OwnerChoice]:
    """Ask GitHub once a session and token; say why it does not respond."""
    whose = [access.login for access in state.accesses]
    known: tuple[list[str | None], list[OwnerChoice]] | None = st.session_state.get(KEY)
    if known is not None and known[0] == whose:
        return known[1]
    try:
        with st.spinner("Asking GitHub for the organisations that the token sees ..."):
            owners = admin.read_owner_choices()
    except (AdminRefused, AdminUnavailable) as error:
        draw_problem(Problem(message=str(error), hint=error.hint))
        return []
    st.session_state[KEY] = (whose, owners)
    return owners


def _draw_choices(owners: list[OwnerChoice], state: SetUp) -> str | None:
    by_login = {owner.login: owner for owner in owners}
    logins = list(by_login)
    current = next((place for place, login in enumerate(logins) if login.lower() == state.team_id), 0)
    if not any(owner.is_organisation for owner in owners):
        st.caption("The token sees no organisation. A fine-grained token sees only the one that it was made for.")
    return st.radio(
        "The token sees",
        logins,
        index=current,
        format_func=lambda login: _say_owner(by_login[login]),
        captions=[_say_more(by_login[login]) for login in logins],
        key="owner_chosen",
    )


def _say_owner(owner: OwnerChoice) -> str:
    return f"**{format.escape(owner.login)}**" + (f" · {format.escape(owner.name)}" if owner.name else "")


def _say_more(owner: OwnerChoice) -> str:
    kind = "Organisation" if owner.is_organisation else "Your own account"
    count = owner.repositories_count
    return kind if count is None else f"{kind}, {plural(count, 'repository')}"
