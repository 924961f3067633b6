"""The rule: who may do what, with which team. Whatever no grant allows is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERY_TEAM = "*"
"""In a grant: all teams, those of the future too. GitHub gives no owner this name."""


class Role(StrEnum):
    """What a person is to a team; each may do what the ones before it may."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"


class What(StrEnum):
    """What a person may do: see a team's pages, decide for it, run SQL, set prflow up."""

    SEE = "see"
    DECIDE = "decide"
    SQL = "sql"
    SET_UP = "set up"


ALLOWED: Mapping[Role, frozenset[What]] = {
    Role.VIEWER: frozenset({What.SEE}),
    Role.ANALYST: frozenset({What.SEE, What.SQL}),
    Role.ADMIN: frozenset({What.SEE, What.SQL, What.DECIDE, What.SET_UP}),
}
# A statement reads every table, and a set-up uses tokens with which every team is read.
OF_ALL_TEAMS = frozenset({What.SQL, What.SET_UP})


class Kind(StrEnum):
    """By what a person is known: the whole address, what stands behind its @, or a group of the provider."""

    EMAIL = "email"
    DOMAIN = "domain"
    GROUP = "group"


@dataclass(frozen=True)
class Grant:
    """One line of the list: whoever `value` means has the role in these teams (`EVERY_TEAM` for all)."""

    kind: Kind
    value: str
    role: Role
    teams: frozenset[str] = frozenset({EVERY_TEAM})

    def reaches(self, team: str) -> bool:
        return EVERY_TEAM in self.teams or team in self.teams


@dataclass(frozen=True)
class Person:
    """Somebody before a page: the name that pages show, the address that the provider has verified, the grants.

    `signature` stands for the person in the warehouse; a name would not, as others may have the same one.
    """

    name: str
    email: str = ""
    grants: tuple[Grant, ...] = ()
    signature: str = ""


LOCAL = Person("", grants=(Grant(Kind.EMAIL, "", Role.ADMIN),))
"""Whoever sits at the machine of a prflow without login, which no other machine reaches."""

NOBODY = Person("")


def may(person: Person, what: What, team: str) -> bool:
    """Return whether a person may do this with a team, by its id; with `EVERY_TEAM`, with all of them."""
    asked = EVERY_TEAM if what in OF_ALL_TEAMS else team.lower()
    return bool(asked) and any(grant.reaches(asked) and what in ALLOWED[grant.role] for grant in person.grants)


def may_anything(person: Person) -> bool:
    """Return whether a person is on the list at all."""
    return bool(person.grants)


@dataclass(frozen=True)
class ClaimNames:
    """The claims of the provider that say whether an address is verified, and which groups a person is in."""

    verified: str = "email_verified"
    groups: str = "groups"


def fold(text: str) -> str:
    """Return the text in lower case if it is ASCII: other letters have look-alikes that become the same."""
    return text.lower() if text.isascii() else text


def is_email(text: str) -> bool:
    """Return whether a text is one address: a part before one @, a part behind it, and no blank."""
    before, _, behind = text.partition("@")
    return bool(before and behind) and "@" not in behind and not any(map(str.isspace, text)) and text.isprintable()
