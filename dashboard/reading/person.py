"""Who is before a page, and whether they may do something: asked of the login of the session, again at each read."""

import json
import re
from collections.abc import Mapping

import streamlit as st
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.access import cookies as cookies_of_login
from dashboard.access.allow_list import AccessListUnusable
from dashboard.access.claims import identify
from dashboard.access.rule import LOCAL, NOBODY, Person, What, may
from dashboard.access.settings import LoginSettings
from dashboard.reading import clock
from warehouse.errors import PrflowError
from warehouse.settings import WarehouseSettings

KEY = "login_settings"
SECONDS_PER_HOUR = 3600
# A login of GitHub, or of a managed user with the short code of the enterprise.
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:_[A-Za-z0-9]{1,12})?")


class Refused(PrflowError):
    """The person may not do this. It says nothing about what there is."""

    def __init__(self) -> None:
        contact = LoginSettings.read().contact
        super().__init__("You may not do this here.", f"Ask {contact or 'whoever runs prflow'} for the role.")


def begin_run() -> LoginSettings:
    """Read the settings of the login once for a run of the script and its fragments, and return them."""
    settings = LoginSettings.read()
    st.session_state[KEY] = settings
    return settings


def current() -> Person:
    """Return who this session is; somebody who is not logged in, or is on no list, may nothing.

    Outside of a session nobody is logged in.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return NOBODY if LoginSettings.read().is_on else LOCAL
    settings: LoginSettings = st.session_state.get(KEY) or begin_run()
    return identify_claims(settings, st.user.to_dict()) if settings.is_on else LOCAL


def identify_claims(settings: LoginSettings, claims: Mapping[str, object]) -> Person:
    """Return the person of these claims, without any grant if the login is over or the list cannot be read."""
    if not is_logged_in(settings, claims):
        return NOBODY
    try:
        grants = settings.read_grants(WarehouseSettings.read().home)
    except AccessListUnusable:
        grants = ()
    return identify(claims, grants, settings.claims)


def is_logged_in(settings: LoginSettings, claims: Mapping[str, object]) -> bool:
    """Return whether these are claims of a login that is not over: cookies last for a month, logins for hours."""
    issued = claims.get("iat")
    if claims.get("is_logged_in") is not True or not isinstance(issued, int | float):
        return False
    return clock.now().timestamp() - issued < settings.max_hours * SECONDS_PER_HOUR


def of_cookies(cookies: Mapping[str, str]) -> Person:
    """Return who sent a request with these cookies; whoever sits at the machine without a login."""
    settings = LoginSettings.read()
    return identify_claims(settings, _read_claims(cookies)) if settings.is_on else LOCAL


def is_of_one_login(cookies: Mapping[str, str]) -> bool:
    """Return whether these cookies name nobody, or somebody by one login."""
    return cookies_of_login.is_of_one_login(cookies, get_cookie_secret())


def _read_claims(cookies: Mapping[str, str]) -> Mapping[str, object]:
    """Return the claims in the cookie that Streamlit has signed; none if the signature is not its own.

    None either if the cookie is laid together from those of several logins.
    """
    if not is_of_one_login(cookies):
        return {}

    def read(name: str) -> bytes | None:
        value = cookies.get(name, "")
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1", "replace"))

    try:
        claims = json.loads(get_cookie_with_chunks(read, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def claims_of_session() -> dict[str, object]:
    """Return the claims of this session that the rule looks at; none without a login, or outside of a session."""
    settings = LoginSettings.read()
    if not settings.is_on or get_script_run_ctx(suppress_warning=True) is None:
        return {}
    claims: dict[str, object] = dict(st.user.to_dict())
    asked = ("is_logged_in", "iat", "iss", "sub", "email", settings.verified_claim, settings.groups_claim)
    return {name: claims[name] for name in asked if name in claims}


def github_login() -> str:
    """Return who the person of this session says to be on GitHub, by the claim of the settings; "" if nothing says it.

    It chooses what a page shows first, and allows nothing: people can write such a claim themselves.
    """
    settings = LoginSettings.read()
    claims = st.user.to_dict() if settings.is_on and settings.github_claim else {}
    claim = claims.get(settings.github_claim)
    return claim if isinstance(claim, str) and _LOGIN.fullmatch(claim) and is_logged_in(settings, claims) else ""


def is_allowed(what: What, team: str) -> bool:
    """Return whether the person of this session may do this with a team."""
    return may(current(), what, team)


def require(what: What, team: str) -> None:
    """Raise Refused unless the person of this session may do this with a team."""
    if not is_allowed(what, team):
        raise Refused


def require_still(claims: Mapping[str, object], what: What, team: str) -> None:
    """Raise Refused unless the person of this session, or outside of one whoever had these claims, may do this still.

    A download is made outside of the session, perhaps long after the run that drew its button: the list may have
    changed, and the login may be over. `claims` are what `claims_of_session` gave in that run.
    """
    if get_script_run_ctx(suppress_warning=True) is not None:
        require(what, team)
        return
    settings = LoginSettings.read()
    if not may(identify_claims(settings, claims) if settings.is_on else LOCAL, what, team):
        raise Refused
