"""The list of people, `access.toml`: who has which role in which teams. It is read again once it has changed.

[[allow]]
domain = "example.com"
role = "viewer"
teams = ["acme"]        # without `teams`, all of them
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from dashboard.access.rule import EVERY_TEAM, Grant, Kind, Role, fold, is_email
from warehouse.errors import NotConfigured
from warehouse.guard.untrusted import one_line

EXAMPLE = "See docs/access.md: each entry is [[allow]] with one of email, domain or group, a role, and perhaps teams."
KEYS = {*Kind, "role", "teams"}


class AccessListUnusable(NotConfigured):
    """The list of people cannot be read, or means nothing; the message names the entry."""

    hint = EXAMPLE


def read_allow_list(file: Path) -> tuple[Grant, ...]:
    """Return the grants of the file. Raises AccessListUnusable, which lets nobody in."""
    try:
        state = file.stat()
    except OSError as error:
        raise AccessListUnusable(f"The list of people who may log in, {file}, cannot be read: {_why(error)}.") from None
    return _read(file, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=8)
def _read(file: Path, *_state: int) -> tuple[Grant, ...]:
    try:
        return parse_allow_list(tomllib.loads(file.read_text(encoding="utf-8")), str(file))
    except OSError as error:
        raise AccessListUnusable(f"The list of people who may log in, {file}, cannot be read: {_why(error)}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AccessListUnusable(f"{file} is not TOML: {one_line(str(error), 200)}.") from None


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def parse_allow_list(content: Mapping[str, object], name: str) -> tuple[Grant, ...]:
    """Return the grants of a parsed file of that name. Raises AccessListUnusable."""
    if unknown := sorted(set(content) - {"allow"}):
        raise AccessListUnusable(f"{name} holds {_quote(unknown[0])}, which is not known.")
    entries = content.get("allow")
    if not isinstance(entries, list) or not entries:
        raise AccessListUnusable(f"{name} lets nobody in: it has no entry.")
    return tuple(_parse_entry(entry, f"{name}, entry {place}") for place, entry in enumerate(entries, 1))


def _parse_entry(entry: object, place: str) -> Grant:
    if not isinstance(entry, dict):
        raise AccessListUnusable(f"{place} is not a table.")
    if unknown := sorted(set(entry) - KEYS):
        raise AccessListUnusable(f"{place}: {_quote(unknown[0])} is not known.")
    kinds = [kind for kind in Kind if kind in entry]
    if len(kinds) != 1:
        raise AccessListUnusable(f"{place} needs exactly one of email, domain and group.")
    return Grant(
        kinds[0], _parse_who(kinds[0], entry[kinds[0]], place), _parse_role(entry, place), _teams(entry, place)
    )


def _parse_who(kind: Kind, value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise AccessListUnusable(f"{place}: {kind} must be a text that is not empty.")
    text = value.strip()
    if kind is Kind.GROUP:
        return text
    if kind is Kind.EMAIL and not is_email(text):
        raise AccessListUnusable(f"{place}: {_quote(text)} is not an e-mail address.")
    if kind is Kind.DOMAIN and (not is_email(f"x@{text}") or "*" in text or "." not in text.strip(".")):
        raise AccessListUnusable(f"{place}: {_quote(text)} is not a domain such as example.com.")
    return fold(text)


def _parse_role(entry: Mapping[str, object], place: str) -> Role:
    try:
        return Role(str(entry["role"]))
    except KeyError:
        raise AccessListUnusable(f"{place} has no role: use {', '.join(Role)}.") from None
    except ValueError:
        raise AccessListUnusable(
            f"{place}: the role {_quote(entry['role'])} is not known: use {', '.join(Role)}."
        ) from None


def _teams(entry: Mapping[str, object], place: str) -> frozenset[str]:
    """Return the ids of the teams, which are the names of owners in lower case."""
    teams = entry.get("teams", [EVERY_TEAM])
    if not isinstance(teams, list) or not teams or not all(isinstance(team, str) and team.strip() for team in teams):
        raise AccessListUnusable(f"{place}: teams must be a list of names of owners; leave it out for all teams.")
    return frozenset(team.strip().lower() for team in teams)


def _quote(value: object) -> str:
    return f"“{one_line(str(value), 80)}”"
