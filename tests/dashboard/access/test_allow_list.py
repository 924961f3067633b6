"""The list of people: what it says, and that what is wrong in it is said in one sentence."""

import tomllib
from pathlib import Path

import pytest

from dashboard.access.allow_list import AccessListUnusable, parse_allow_list, read_allow_list
from dashboard.access.rule import EVERY_TEAM, Grant, Kind, Role

GOOD = """
[[allow]]
email = "Ada@Example.com"
role = "admin"

[[allow]]
domain = "example.com"
role = "viewer"
teams = ["Acme"]

[[allow]]
group = "CN=Data, OU=Groups"
role = "analyst"
teams = ["acme", "globex"]
"""


def test_entries_become_grants() -> None:
    assert parse_allow_list(tomllib.loads(GOOD), "access.toml") == (
        Grant(Kind.EMAIL, "ada@example.com", Role.ADMIN, frozenset({EVERY_TEAM})),
        Grant(Kind.DOMAIN, "example.com", Role.VIEWER, frozenset({"acme"})),
        Grant(Kind.GROUP, "CN=Data, OU=Groups", Role.ANALYST, frozenset({"acme", "globex"})),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "access.toml lets nobody in: it has no entry."),
        ("allow = []", "access.toml lets nobody in: it has no entry."),
        ("allow = [1]", "access.toml, entry 1 is not a table."),
        ("[[alow]]\nemail = 'a@b.c'", "access.toml holds “alow”, which is not known."),
        ("[[allow]]\nrole = 'viewer'", "access.toml, entry 1 needs exactly one of email, domain and group."),
        (
            "[[allow]]\nemail = 'a@b.c'\ndomain = 'b.c'\nrole = 'viewer'",
            "access.toml, entry 1 needs exactly one of email, domain and group.",
        ),
        ("[[allow]]\nemail = 'ada'\nrole = 'viewer'", "access.toml, entry 1: “ada” is not an e-mail address."),
        ("[[allow]]\nemail = '*@b.c d'\nrole = 'viewer'", "access.toml, entry 1: “*@b.c d” is not an e-mail address."),
        ("[[allow]]\nemail = 7\nrole = 'viewer'", "access.toml, entry 1: email must be a text that is not empty."),
        ("[[allow]]\ngroup = ' '\nrole = 'viewer'", "access.toml, entry 1: group must be a text that is not empty."),
        (
            "[[allow]]\ndomain = '@b.c'\nrole = 'viewer'",
            "access.toml, entry 1: “@b.c” is not a domain such as example.com.",
        ),
        ("[[allow]]\ndomain = '*'\nrole = 'viewer'", "access.toml, entry 1: “*” is not a domain such as example.com."),
        ("[[allow]]\nemail = 'a@b.c'", "access.toml, entry 1 has no role: use viewer, analyst, admin."),
        (
            "[[allow]]\nemail = 'a@b.c'\nrole = 'owner'",
            "access.toml, entry 1: the role “owner” is not known: use viewer, analyst, admin.",
        ),
        ("[[allow]]\nemail = 'a@b.c'\nrole = 'admin'\nteam = 'acme'", "access.toml, entry 1: “team” is not known."),
        (
            "[[allow]]\nemail = 'a@b.c'\nrole = 'admin'\nteams = []",
            "access.toml, entry 1: teams must be a list of names of owners; leave it out for all teams.",
        ),
        (
            "[[allow]]\nemail = 'a@b.c'\nrole = 'admin'\nteams = 'acme'",
            "access.toml, entry 1: teams must be a list of names of owners; leave it out for all teams.",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(AccessListUnusable) as raised:
        parse_allow_list(tomllib.loads(text), "access.toml")
    assert str(raised.value) == message
    assert "docs/access.md" in raised.value.hint


def test_a_file_that_is_not_there_or_no_toml_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    with pytest.raises(AccessListUnusable, match=r"cannot be read: no such file"):
        read_allow_list(file)
    file.write_text("[[allow")
    with pytest.raises(AccessListUnusable, match="is not TOML"):
        read_allow_list(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(AccessListUnusable, match="is not TOML"):
        read_allow_list(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(AccessListUnusable, match="cannot be read"):
        read_allow_list(file)


def test_a_change_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text(GOOD)
    assert len(read_allow_list(file)) == 3
    draft = tmp_path / "draft"
    draft.write_text(GOOD.partition("[[allow]]\ndomain")[0])
    draft.replace(file)
    assert len(read_allow_list(file)) == 1
