"""Who may do what: the whole table, and by what a person is known."""

import pytest

from dashboard.access.claims import identify
from dashboard.access.rule import EVERY_TEAM, LOCAL, NOBODY, ClaimNames, Grant, Kind, Person, Role, What, may
from warehouse.decisions.signatures import owner

ACME = frozenset({"acme"})
TABLE = """
role     of     | see acme | decide acme | see globex | decide globex | sql | set up
viewer   acme   | yes      | no          | no         | no            | no  | no
analyst  acme   | yes      | no          | no         | no            | no  | no
admin    acme   | yes      | yes         | no         | no            | no  | no
viewer   all    | yes      | no          | yes        | no            | no  | no
analyst  all    | yes      | no          | yes        | no            | yes | no
admin    all    | yes      | yes         | yes        | yes           | yes | yes
"""
CASES = [
    (who.split()[0], who.split()[1], what.strip(), cell.strip() == "yes")
    for header, *rows in [[line.split("|") for line in TABLE.strip().splitlines()]]
    for who, *cells in rows
    for what, cell in zip(header[1:], cells, strict=True)
]


def _ask(person: Person, question: str) -> bool:
    if question in ("sql", "set up"):
        return may(person, What(question), EVERY_TEAM)
    what, team = question.split()
    return may(person, What(what), team)


@pytest.mark.parametrize(("role", "of", "question", "is_allowed"), CASES)
def test_each_role_may_do_what_the_table_says(role: str, of: str, question: str, is_allowed: bool) -> None:
    teams = frozenset({EVERY_TEAM}) if of == "all" else ACME
    assert _ask(Person("x", grants=(Grant(Kind.EMAIL, "x", Role(role), teams),)), question) is is_allowed


@pytest.mark.parametrize("what", list(What))
def test_nobody_may_do_nothing_and_whoever_sits_at_the_machine_everything(what: What) -> None:
    for team in ("acme", EVERY_TEAM):
        assert not may(NOBODY, what, team)
        assert may(LOCAL, what, team)


def test_sql_and_set_up_are_of_all_teams_whichever_team_is_asked_about() -> None:
    admin_of_acme = Person("x", grants=(Grant(Kind.EMAIL, "x", Role.ADMIN, ACME),))
    assert not may(admin_of_acme, What.SQL, "acme")
    assert not may(admin_of_acme, What.SET_UP, "acme")


def test_no_team_is_seen_by_nobody() -> None:
    assert not may(LOCAL, What.SEE, "")


GRANTS = (
    Grant(Kind.EMAIL, "ada@example.com", Role.ADMIN),
    Grant(Kind.DOMAIN, "example.com", Role.VIEWER, ACME),
    Grant(Kind.GROUP, "Data", Role.ANALYST),
)


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"email": "ada@example.com", "email_verified": True}, ["admin", "viewer"]),
        ({"email": "ADA@Example.COM", "email_verified": "true"}, ["admin", "viewer"]),
        ({"email": "bob@example.com", "email_verified": 1}, ["viewer"]),
        ({"email": "bob@sub.example.com", "email_verified": True}, []),
        ({"email": "bob@notexample.com", "email_verified": True}, []),
        ({"email": "bob@example.com.evil.test", "email_verified": True}, []),
        ({"email": "bob@evil.test@example.com", "email_verified": True}, []),
        ({"email": "ada @example.com", "email_verified": True}, []),
        ({"email": "@example.com", "email_verified": True}, []),
        ({"email": "ada@example.com", "email_verified": False}, []),
        ({"email": "ada@example.com", "email_verified": "false"}, []),
        ({"email": "ada@example.com", "email_verified": None}, []),
        ({"email": "ada@example.com"}, []),
        ({"email": ["ada@example.com"], "email_verified": True}, []),
        ({"preferred_username": "ada@example.com", "email_verified": True}, []),
        ({"groups": ["Data", "Others"]}, ["analyst"]),
        ({"groups": "Data"}, ["analyst"]),
        ({"groups": ["data"]}, []),
        ({"groups": ["Data engineering"]}, []),
        ({"groups": {"Data": True}}, []),
        ({"groups": [{"name": "Data"}]}, []),
        ({"groups": ["ada@example.com", "example.com"]}, []),
        ({}, []),
        ({"email": "", "email_verified": True, "groups": [""]}, []),
    ],
)
def test_a_person_is_known_by_a_verified_address_or_a_group(claims: dict[str, object], roles: list[str]) -> None:
    assert [grant.role for grant in identify(claims, GRANTS, ClaimNames()).grants] == roles


def test_a_letter_that_looks_like_another_is_another() -> None:
    kelvin = {"email": "\u212aay@example.com", "email_verified": True}
    kay = (Grant(Kind.EMAIL, "kay@example.com", Role.ADMIN),)
    assert identify(kelvin, kay, ClaimNames()).grants == ()


def test_other_names_of_claims() -> None:
    claims = {"email": "ada@example.com", "xms_edov": True, "https://example.com/roles": ["Data"]}
    found = identify(claims, GRANTS, ClaimNames("xms_edov", "https://example.com/roles"))
    assert [grant.role for grant in found.grants] == ["admin", "viewer", "analyst"]
    assert found.email == "ada@example.com"


def test_an_address_that_is_not_verified_is_not_what_decisions_are_signed_with() -> None:
    found = identify({"email": "ada@example.com", "sub": "42"}, GRANTS, ClaimNames())
    assert (found.email, found.name) == ("", "42")


def test_whoever_calls_themselves_by_an_address_signs_as_nobody_else() -> None:
    ada = identify({"email": "ada@example.com", "email_verified": True, "sub": "1"}, GRANTS, ClaimNames())
    claims = {"name": "ada@example.com", "email": "ada@example.com", "iss": "https://id.example.com", "groups": "Data"}
    attacker, namesake = (identify(claims | {"sub": sub}, GRANTS, ClaimNames()) for sub in ("2", "3"))
    assert ada.signature == "ada@example.com"
    assert attacker.name == "ada at example.com"
    assert len({owner(one.signature) for one in (ada, attacker, namesake)}) == 3
    renamed = identify(claims | {"sub": "2", "name": "Eve"}, GRANTS, ClaimNames())
    assert owner(renamed.signature) == owner(attacker.signature)
