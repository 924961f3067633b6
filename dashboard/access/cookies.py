"""Cookies of a login, as Streamlit signs them: a large one is several, and they must all be of the same login."""

from collections.abc import Mapping
from datetime import datetime

from itsdangerous import BadData, URLSafeTimedSerializer

USER_COOKIE = "_streamlit_user"
CHUNKS = "chunks-"
# Streamlit signs all of them in one response; the timestamps have whole seconds.
MAX_SECONDS_APART = 2
MAX_CHUNKS = 50


def is_of_one_login(cookies: Mapping[str, str], secret: str) -> bool:
    """Return whether the cookie of the person is whole, or all its parts were signed at the same time.

    Each part is signed by itself. So somebody who has lost a group could lay parts of an old login, which name it,
    beside the part of a new login that says when it was.
    """
    value, _ = _open(cookies, USER_COOKIE, secret)
    count = value.removeprefix(CHUNKS)
    if count == value:
        return True
    if not count.isdecimal() or int(count) > MAX_CHUNKS:
        return False
    names = [USER_COOKIE, *(f"{USER_COOKIE}_{place}" for place in range(1, int(count) + 1))]
    signed = [at for _, at in (_open(cookies, name, secret) for name in names) if at is not None]
    return len(signed) == len(names) and (max(signed) - min(signed)).total_seconds() <= MAX_SECONDS_APART


def _open(cookies: Mapping[str, str], name: str, secret: str) -> tuple[str, datetime | None]:
    """Return what a cookie says and when it was signed; None if the signature is not of this dashboard."""
    try:
        value, at = URLSafeTimedSerializer(secret, salt=name).loads(cookies.get(name, ""), return_timestamp=True)
    except BadData:
        return "", None
    return str(value), at
