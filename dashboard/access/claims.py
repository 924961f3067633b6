"""The person behind the claims of a login."""

from collections.abc import Iterable, Mapping

from dashboard.access.rule import ClaimNames, Grant, Kind, Person, fold, is_email
from warehouse.decisions.signatures import make_label, sign


def identify(claims: Mapping[str, object], grants: Iterable[Grant], names: ClaimNames) -> Person:
    """Return the person of these claims, with the grants that mean them.

    An address that the provider has not verified may be anybody's: it counts for nothing.
    """
    email = _verified_email(claims, names.verified)
    groups = _groups(claims.get(names.groups))
    own = {Kind.EMAIL: {email}, Kind.DOMAIN: {email.rpartition("@")[2]}, Kind.GROUP: groups}
    found = tuple(grant for grant in grants if grant.value and grant.value in own[grant.kind])
    name = str(claims.get("name") or claims.get("sub") or "")
    signature = email or sign(name, str(claims.get("iss") or ""), str(claims.get("sub") or ""))
    return Person(email or make_label(name), email, found, signature)


def _verified_email(claims: Mapping[str, object], verified: str) -> str:
    email = claims.get("email")
    # Some providers write the truth as text or as a number.
    is_verified = str(claims.get(verified)).lower() in {"true", "1"}
    return fold(email) if is_verified and isinstance(email, str) and is_email(email) else ""


def _groups(claim: object) -> set[str]:
    if isinstance(claim, str):
        return {claim}
    return {one for one in claim if isinstance(one, str)} if isinstance(claim, list) else set()
